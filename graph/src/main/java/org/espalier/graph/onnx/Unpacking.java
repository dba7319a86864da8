package org.espalier.graph.onnx;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/**
 * Finds the nodes that {@link Packing} writes and makes them the sparse initializers that they
 * stand for. Nodes that are wired otherwise, that another node looks into, or that someone has
 * annotated, are left as they are.
 */
final class Unpacking {
  private static final long[] PERM = {0, 2, 1};

  private final Graph graph;
  private final Map<String, Node> producers;
  private final Map<String, List<Node>> consumers;
  private final Set<String> fixed = new HashSet<>();
  private final Set<String> outputs = new HashSet<>();

  private final Set<Node> removed = new HashSet<>();

  private final Map<String, SparseTensor> found = new LinkedHashMap<>();

  private Unpacking(Graph graph) {
    this.graph = graph;
    producers = graph.producers();
    consumers = graph.consumers();
    fixed.addAll(graph.initializers().keySet());
    graph.inputs().forEach(input -> fixed.remove(input.name()));
    graph.outputs().stream().map(ValueInfo::name).forEach(outputs::add);
  }

  /** The model with its packed tensors as sparse initializers. */
  static Model unpacked(Model model) {
    Graph graph = model.graph();
    if (graph.nodes().stream().noneMatch(node -> node.is("ScatterND"))) {
      return model;
    }
    var unpacking = new Unpacking(graph);
    graph.nodes().stream().filter(node -> node.is("ScatterND")).forEach(unpacking::find);
    return unpacking.found.isEmpty() ? model : model.withGraph(unpacking.rebuilt());
  }

  private void find(Node scatter) {
    var chain = new HashSet<Node>();
    PackedTensor packed;
    String name;
    try {
      Node last = tail(scatter, chain);
      name = last.outputs().getFirst();
      packed = Malformed.at("tensor '" + name + "'", () -> read(scatter, last, chain));
    } catch (OtherNodes notOurs) {
      return;
    }
    found.put(name, Malformed.at("tensor '" + name + "'", packed::unpacked));
    removed.addAll(chain);
  }

  /** The Reshape that gives the tensor its shape. */
  private Node tail(Node scatter, Set<Node> chain) {
    Node next = onlyUser(scatter);
    require(next.is("Reshape"));
    chain.add(scatter);
    chain.add(plain(next, 2));
    List<Node> users = consumers.getOrDefault(next.outputs().getFirst(), List.of());
    if (users.size() == 1
        && users.getFirst().is("Transpose")
        && users.getFirst().integers("perm").filter(p -> Arrays.equals(p, PERM)).isPresent()
        && isGrouping(constant(next, 1))) {
      Node transpose = onlyUser(next);
      Node last = onlyUser(transpose);
      require(last.is("Reshape"));
      chain.add(plain(transpose, 1));
      chain.add(plain(last, 2));
      return last;
    }
    return next;
  }

  /** Whether a shape is that of blocks, [-1, inner, height]: no weight's shape has -1. */
  private static boolean isGrouping(Tensor shape) {
    return shape.size() == 3 && sizes(shape)[0] == -1;
  }

  private PackedTensor read(Node scatter, Node last, Set<Node> chain) {
    plain(scatter, 3);
    require(scatter.attributes().isEmpty() && last.attributes().isEmpty());
    Node zeros = made(scatter, 0, "ConstantOfShape", chain);
    Node cast = made(scatter, 1, "Cast", chain);
    Tensor values = constant(scatter, 2);
    Node sum = made(cast, 0, "CumSum", chain);
    Node steps = made(sum, 0, "Reshape", chain);
    Node digits = made(steps, 0, "Mod", chain);
    Node quotients = made(digits, 0, "Div", chain);
    Tensor words = constant(quotients, 0);
    Tensor powers = constant(quotients, 1);
    require(cast.attributes().equals(Map.of("to", Attribute.of(DataType.INT64.code()))));
    require(sum.attributes().isEmpty() && steps.attributes().isEmpty());
    require(digits.attributes().isEmpty() && quotients.attributes().isEmpty());
    require(zeros.attributes().equals(Map.of("value", zero(values.type()))));
    require(integer(constant(sum, 1), 0));
    require(constant(steps, 1).equals(Tensor.of(new long[] {-1, 1}, 2)));
    require(powers.type() == DataType.INT32 && powers.size() > 0 && powers.size() < Integer.SIZE);
    var radix = new Radix((int) powers.size());
    require(powers.equals(Tensor.of(radix.powers(), radix.digits())));
    require(integer(constant(digits, 1), radix.base()));
    require(words.type() == DataType.INT32 && words.rank() == 2 && words.dim(1) == 1);
    long[] grid = sizes(constant(zeros, 0));
    require(grid.length == values.rank() && (grid.length == 1 || grid.length == 2));
    int height = grid.length == 1 ? 1 : Math.toIntExact(Math.min(grid[1], Integer.MAX_VALUE));
    require(height > 0 && (height == 1 || values.dim(1) == height));
    return new PackedTensor(
        words, values, radix, blocks(scatter, last, grid, height), sizes(constant(last, 1)));
  }

  private Blocks blocks(Node scatter, Node last, long[] grid, int height) {
    long size = Tensor.elements(grid);
    Node first = onlyUser(scatter);
    if (first.equals(last)) {
      return new Blocks(size, height, 1);
    }
    require(first.attributes().isEmpty());
    long[] grouped = sizes(constant(first, 1));
    require(grouped[1] > 0 && grouped[1] <= size && grouped[2] == height);
    if (grid[0] % grouped[1] != 0) {
      throw new InvalidInputException("%d blocks in groups of %d".formatted(grid[0], grouped[1]));
    }
    return new Blocks(size, height, grouped[1]);
  }

  private static Attribute zero(DataType type) {
    require(type.bits() >= 8);
    return Attribute.of(Tensor.allocate(type, 1));
  }

  private static boolean integer(Tensor tensor, int value) {
    return tensor.type() == DataType.INT32 && tensor.rank() == 0 && tensor.integerAt(0) == value;
  }

  private static long[] sizes(Tensor shape) {
    require(shape.type() == DataType.INT64 && shape.rank() == 1);
    return shape.integers();
  }

  private Tensor constant(Node node, int input) {
    String name = node.inputs().get(input);
    require(fixed.contains(name));
    return Objects.requireNonNull(graph.initializers().get(name));
  }

  /** The node that makes an input, for this use alone. */
  private Node made(Node node, int input, String op, Set<Node> chain) {
    Node producer = producers.get(node.inputs().get(input));
    require(producer != null && producer.is(op) && onlyUser(producer).equals(node));
    chain.add(plain(producer, op.equals("Cast") || op.equals("ConstantOfShape") ? 1 : 2));
    return producer;
  }

  private Node onlyUser(Node node) {
    String output = node.outputs().getFirst();
    List<Node> users = consumers.getOrDefault(output, List.of());
    require(users.size() == 1 && !outputs.contains(output));
    require(users.getFirst().inputs().contains(output)); // and not in a subgraph of the user
    return users.getFirst();
  }

  private static Node plain(Node node, int inputs) {
    require(node.inputs().size() == inputs && node.outputs().size() == 1);
    require(node.details().equals(Details.NONE));
    return node;
  }

  private static void require(boolean ours) {
    if (!ours) {
      throw new OtherNodes();
    }
  }

  private Graph rebuilt() {
    List<Node> kept = graph.nodes().stream().filter(node -> !removed.contains(node)).toList();
    var gone = new HashSet<String>();
    removed.forEach(
        node -> {
          gone.addAll(node.inputs());
          gone.addAll(node.outputs());
        });
    gone.removeAll(found.keySet());
    gone.removeAll(outputs);
    kept.forEach(node -> gone.removeAll(Graph.uses(node)));
    var dense = new LinkedHashMap<>(graph.initializers());
    dense.keySet().removeAll(gone);
    var sparse = new LinkedHashMap<>(graph.sparseInitializers());
    sparse.putAll(found);
    return new Graph(
        graph.name(),
        kept,
        dense,
        sparse,
        graph.inputs(),
        graph.outputs(),
        graph.values().stream().filter(value -> !gone.contains(value.name())).toList(),
        graph.annotations(),
        graph.details());
  }

  /** These aren't our nodes. */
  private static final class OtherNodes extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OtherNodes() {
      super(null, null, false, false);
    }
  }
}
