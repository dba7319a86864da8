package org.espalier.engine.plan;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;

/**
 * A model in two parts, where one value is all that the second needs of the first.
 *
 * <p>The last layers of an image network have large weights and small activations: while the others
 * run a few examples at a time, these run once for the whole batch.
 *
 * @param first makes {@code between} and nothing else
 */
record Cut(Chunking.Part first, Chunking.Part second, Chunks.Port between) {
  /**
   * The cut with the largest second part whose layers read and write at most {@code most} bytes
   * each. That part begins with a product, as what is cut apart isn't fused.
   */
  static Optional<Cut> of(Chunking.Part whole, long most) {
    Graph graph = whole.model().graph();
    Set<String> needed = new HashSet<>();
    graph.outputs().forEach(output -> needed.add(output.name()));
    String value = null;
    int best = 0;
    for (int at = graph.nodes().size() - 1; at > 0; at--) {
      Node node = graph.nodes().get(at);
      if (Chunking.bytes(node, whole.shapes()) > most) {
        break;
      }
      node.outputs().forEach(needed::remove);
      needed.addAll(Graph.uses(node));
      needed.removeIf(used -> isKnown(used, whole));
      if (Chunking.weights(node, graph).isPresent() && canPass(needed, whole)) {
        value = needed.iterator().next();
        best = at;
      }
    }
    return best == 0 ? Optional.empty() : Optional.of(before(best, value, whole));
  }

  private static boolean isKnown(String value, Chunking.Part whole) {
    return whole.model().graph().isInitializer(value) || whole.shapes().constant(value).isPresent();
  }

  /** Whether this is one value, of floats, that is neither given nor asked for. */
  private static boolean canPass(Set<String> needed, Chunking.Part whole) {
    if (needed.size() != 1) {
      return false;
    }
    String value = needed.iterator().next();
    Graph graph = whole.model().graph();
    Shapes shapes = whole.shapes();
    return shapes.shape(value).flatMap(Shape::sizes).isPresent()
        && shapes.element(value).filter(DataType.FLOAT::equals).isPresent()
        && graph.requiredInputs().stream().noneMatch(input -> input.name().equals(value))
        && graph.outputs().stream().noneMatch(output -> output.name().equals(value));
  }

  /** The cut before a node, where it and those after it need nothing but {@code value}. */
  private static Cut before(int at, String value, Chunking.Part whole) {
    Graph graph = whole.model().graph();
    Shapes shapes = whole.shapes();
    long[] dims = shapes.shape(value).flatMap(Shape::sizes).orElseThrow();
    List<Node> nodes = graph.nodes();
    var constants = new LinkedHashMap<>(graph.initializers());
    for (Node node : nodes.subList(at, nodes.size())) {
      for (String used : Graph.uses(node)) {
        shapes.constant(used).ifPresent(tensor -> constants.putIfAbsent(used, tensor));
      }
    }
    var made = new ValueInfo(value, new Type.TensorType(DataType.FLOAT, Optional.empty()));
    var given = ValueInfo.of(value, DataType.FLOAT, Shape.of(dims));
    Map<String, long[]> inputs = Map.of(value, dims);
    Model first =
        model(whole, nodes.subList(0, at), graph.initializers(), graph.inputs(), List.of(made));
    Model second =
        model(whole, nodes.subList(at, nodes.size()), constants, List.of(given), graph.outputs());
    return new Cut(
        Chunking.Part.of(first, whole.inputs()),
        Chunking.Part.of(second, inputs),
        new Chunks.Port(value, DataType.FLOAT, dims));
  }

  private static Model model(
      Chunking.Part whole,
      List<Node> nodes,
      Map<String, Tensor> initializers,
      List<ValueInfo> inputs,
      List<ValueInfo> outputs) {
    Graph graph = whole.model().graph();
    return whole
        .model()
        .withGraph(
            graph
                .with(nodes, initializers)
                .withInputs(inputs)
                .withOutputs(outputs)
                .withValues(List.of()));
  }
}
