package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.pass.Rebatch;

/**
 * A batch cut into chunks of a few examples.
 *
 * <p>The weights of a pruned network are small, and what its layers make is not: a large batch of
 * images streams through memory once for every layer, an example alone stays in the cache.
 *
 * @param chunk the model for a chunk
 * @param last the model for the last chunk, where that is smaller
 */
record Chunking(
    List<Chunks.Port> inputs,
    List<Chunks.Port> outputs,
    int size,
    int threads,
    Part chunk,
    Optional<Part> last) {
  private static final Set<String> PRODUCTS = Set.of("Conv", "Gemm", "MatMul");

  /** Bytes of a weight that isn't zero, with its place. */
  private static final long PER_NONZERO = 8;

  /** Weights that any cache keeps from one chunk to the next. */
  private static final long CACHED = 4L << 20;

  /** A model for some examples. */
  record Part(Model model, Map<String, long[]> inputs, Shapes shapes) {
    static Part of(Model model, Map<String, long[]> inputs) {
      return new Part(model, inputs, Chunking.shapes(model, inputs));
    }
  }

  static Shapes shapes(Model model, Map<String, long[]> inputs) {
    var given = new HashMap<String, Shape>();
    inputs.forEach((name, dims) -> given.put(name, Shape.of(dims)));
    return Shapes.infer(model, given);
  }

  /**
   * The chunks to run {@code whole} in; empty where it is better run in one piece, or the examples
   * of a batch can't be told to be independent of each other.
   *
   * @param most bytes that a layer of a chunk may read and write
   */
  static Optional<Chunking> of(Part whole, int threads, long most) {
    Graph graph = whole.model().graph();
    Shapes shapes = whole.shapes();
    int batch = batch(whole.inputs());
    long bytes = batch < 2 ? 0 : widest(graph, shapes);
    if (bytes <= most) {
      return Optional.empty();
    }
    long fitting = Math.max(most * batch / bytes, worthReadingWeightsFor(graph, shapes, batch));
    int chunks = Math.ceilDiv(batch, Math.clamp(fitting, 1, batch));
    if (chunks == 1) {
      return Optional.empty();
    }
    chunks = Math.min(batch, Math.ceilDiv(chunks, threads) * threads);
    int size = Math.ceilDiv(batch, chunks);
    int remainder = batch % size;
    Optional<Part> chunk = part(whole, batch, size);
    Optional<Part> last = remainder == 0 ? Optional.empty() : part(whole, batch, remainder);
    Optional<List<Chunks.Port>> from = ports(graph.requiredInputs(), shapes);
    Optional<List<Chunks.Port>> to = ports(graph.outputs(), shapes);
    boolean possible =
        chunk.isPresent()
            && (remainder == 0 || last.isPresent())
            && from.isPresent()
            && to.isPresent();
    return possible
        ? Optional.of(new Chunking(from.get(), to.get(), size, threads, chunk.get(), last))
        : Optional.empty();
  }

  /** The first axis that all inputs have in common, or 0. */
  private static int batch(Map<String, long[]> inputs) {
    long batch = -1;
    for (long[] dims : inputs.values()) {
      long first = dims.length == 0 ? 0 : dims[0];
      batch = batch < 0 || batch == first ? first : 0;
    }
    return Math.clamp(batch, 0, Integer.MAX_VALUE);
  }

  /** The bytes of the inputs and outputs of the layer with the most, weights aside. */
  private static long widest(Graph graph, Shapes shapes) {
    return graph.nodes().stream().mapToLong(node -> bytes(node, shapes)).max().orElse(0);
  }

  /**
   * How many examples move as much memory as the weights, which every chunk reads again; 0 where
   * these stay in the cache.
   */
  private static long worthReadingWeightsFor(Graph graph, Shapes shapes, int batch) {
    long weights = 0;
    for (Node node : graph.nodes()) {
      weights +=
          weights(node, graph)
              .map(constant -> Math.min(4 * constant.size(), PER_NONZERO * constant.nonzeros()))
              .orElse(0L);
    }
    long moved = graph.nodes().stream().mapToLong(node -> bytes(node, shapes)).sum();
    return weights <= CACHED ? 0 : Math.ceilDiv(weights * batch, moved);
  }

  /** The weights of a product. */
  static Optional<Tensor> weights(Node node, Graph graph) {
    return PRODUCTS.contains(node.op())
        ? Optional.ofNullable(graph.initializers().get(node.inputs().get(1)))
        : Optional.empty();
  }

  /** What a node reads and writes, constants aside. */
  static long bytes(Node node, Shapes shapes) {
    return Stream.concat(node.inputs().stream(), node.outputs().stream())
        .filter(value -> shapes.constant(value).isEmpty())
        .mapToLong(value -> bytes(value, shapes))
        .sum();
  }

  private static long bytes(String value, Shapes shapes) {
    DataType type = shapes.element(value).orElse(DataType.FLOAT);
    return shapes
        .shape(value)
        .flatMap(Shape::sizes)
        .map(dims -> type.bytes(Tensor.elements(dims)))
        .orElse(0L);
  }

  /** The model for {@code size} examples, where it does the same to each as {@code whole} does. */
  private static Optional<Part> part(Part whole, int batch, int size) {
    try {
      Model model = Rebatch.of(whole.model(), size);
      var inputs = new LinkedHashMap<String, long[]>();
      whole
          .inputs()
          .forEach(
              (name, dims) -> {
                long[] fewer = dims.clone();
                fewer[0] = size;
                inputs.put(name, fewer);
              });
      Shapes shapes = shapes(model, inputs);
      var examples = new Examples(whole, new Part(model, inputs, shapes), batch, size);
      return examples.areIndependent()
          ? Optional.of(new Part(model, inputs, shapes))
          : Optional.empty();
    } catch (InvalidInputException mixed) {
      return Optional.empty();
    }
  }

  /** Inputs or outputs, unless one's shape is open or its elements are no whole bytes. */
  static Optional<List<Chunks.Port>> ports(List<ValueInfo> values, Shapes shapes) {
    var ports = new ArrayList<Chunks.Port>();
    for (ValueInfo value : values) {
      DataType type = shapes.element(value.name()).orElse(DataType.STRING);
      Optional<long[]> dims = shapes.shape(value.name()).flatMap(Shape::sizes);
      if (type.bits() < 8 || dims.isEmpty()) {
        return Optional.empty();
      }
      ports.add(new Chunks.Port(value.name(), type, dims.get()));
    }
    return Optional.of(ports);
  }

  /** The schedule of these chunks, from what plans a part. */
  Schedule schedule(Function<Part, Plan> planner) {
    Plan plan = planner.apply(chunk);
    return new Chunks(inputs, outputs, size, threads, plan, last.map(planner).orElse(plan));
  }
}
