package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;

/** What patterns ask of a graph: who makes a value, who uses it, what it is known to be. */
final class Surroundings {
  private final Map<String, Node> producers;
  private final Map<String, List<Node>> consumers;
  private final IdentityHashMap<Node, Integer> order = new IdentityHashMap<>();
  private final Set<String> outputs = new HashSet<>();
  private final Shapes shapes;

  Surroundings(Graph graph, Shapes shapes) {
    producers = new HashMap<>(graph.producers());
    consumers = graph.consumers();
    graph.outputs().stream().map(ValueInfo::name).forEach(outputs::add);
    graph.nodes().forEach(node -> order.put(node, order.size()));
    this.shapes = shapes;
  }

  Shapes shapes() {
    return shapes;
  }

  /** The node of operator {@code op} that makes {@code value}. */
  Optional<Node> maker(String value, String op) {
    return Optional.ofNullable(producers.get(value)).filter(node -> node.is(op));
  }

  List<Node> users(String value) {
    return consumers.getOrDefault(value, List.of());
  }

  /** Whether nobody uses {@code value} but the given nodes. */
  boolean isOnlyFor(String value, List<Node> nodes) {
    return !outputs.contains(value) && nodes.containsAll(users(value));
  }

  /** The only use of a value that nobody else may see. */
  Optional<Node> next(String value) {
    List<Node> users = users(value);
    return users.size() == 1 && !outputs.contains(value)
        ? Optional.of(users.getFirst()).filter(Node::isStandard)
        : Optional.empty();
  }

  /** The only use of a value, where it is of operator {@code op}. */
  Optional<Node> next(String value, String op) {
    return next(value).filter(node -> node.is(op));
  }

  Optional<Tensor> constant(String value) {
    return shapes.constant(value).filter(tensor -> tensor.type() == DataType.FLOAT);
  }

  /** The number that a value always is. */
  Optional<Float> number(String value) {
    return constant(value).filter(tensor -> tensor.size() == 1).map(tensor -> tensor.floatAt(0));
  }

  boolean isNumber(String value, double number) {
    return number(value).filter(v -> Math.abs(v - number) <= 2e-4 * Math.abs(number)).isPresent();
  }

  /** The other input of a binary node. */
  static String other(Node node, String value) {
    return node.inputs().get(node.inputs().getFirst().equals(value) ? 1 : 0);
  }

  boolean isFloat(String value) {
    return shapes.element(value).filter(DataType.FLOAT::equals).isPresent();
  }

  /** A layer for a pattern that was found: {@code whole} in the place of {@code parts}. */
  Optional<Layer> layer(Node whole, List<Node> parts) {
    var sorted = new ArrayList<>(parts);
    sorted.sort(Comparator.comparing(order::get));
    for (Node part : sorted) {
      for (String output : part.outputs()) {
        if (!whole.outputs().contains(output) && !isOnlyFor(output, sorted)) {
          return Optional.empty();
        }
      }
    }
    String output = whole.outputs().getFirst();
    return Optional.of(new Layer(whole, List.copyOf(sorted), Optional.empty(), Tail.NONE, output));
  }
}
