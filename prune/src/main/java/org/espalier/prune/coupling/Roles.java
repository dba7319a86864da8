package org.espalier.prune.coupling;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.infer.Block;
import org.espalier.graph.infer.Shapes;

/**
 * Which axes of weights make channels and which read them. What a rule says of a value is traced
 * back to the weight that it was transposed, reshaped, cast or dequantised from.
 */
final class Roles {
  private static final Set<String> SAME =
      Set.of(
          "Cast",
          "CastLike",
          "DequantizeLinear",
          "QuantizeLinear",
          "Identity",
          "Clip",
          "Split",
          "Slice");

  private final Map<String, Node> producers;
  private final Graph graph;
  private final Shapes shapes;
  private final Set<Axis> made = new HashSet<>();
  private final Set<Axis> read = new HashSet<>();

  Roles(Graph graph, Ties ties, Shapes shapes) {
    this.graph = graph;
    this.shapes = shapes;
    this.producers = graph.producers();
    ties.made().forEach(axis -> trace(axis, made));
    ties.read().forEach(axis -> trace(axis, read));
  }

  /** What a weight's axis does; one of which no rule says anything makes its channels. */
  Role of(Axis weight) {
    return read.contains(weight) && !made.contains(weight) ? Role.CONSUMER : Role.PRODUCER;
  }

  /** Whether a rule says that the axis makes or reads channels. */
  boolean isKnown(Axis weight) {
    return made.contains(weight) || read.contains(weight);
  }

  /** The axes of weights, and of values on the way to them, along which channels are read. */
  Set<Axis> read() {
    return read;
  }

  private void trace(Axis from, Set<Axis> found) {
    if (found.add(from) && !graph.isInitializer(from.value())) {
      before(from).forEach(axis -> trace(axis, found));
    }
  }

  /** The axes of its node's inputs that this one was. */
  private List<Axis> before(Axis axis) {
    Node node = producers.get(axis.value());
    if (node == null || !node.isStandard() || node.input(0).isEmpty()) {
      return List.of();
    }
    String input = node.inputs().getFirst();
    if (SAME.contains(node.op())) {
      return List.of(new Axis(input, axis.axis()));
    }
    return switch (node.op()) {
      case "Add", "Sub", "Mul", "Div" ->
          node.inputs().stream()
              .filter(operand -> shapes.rank(operand) == shapes.rank(axis.value()))
              .map(operand -> new Axis(operand, axis.axis()))
              .toList();
      case "Transpose" -> {
        int rank = shapes.rank(input);
        long[] order = node.integers("perm").orElseGet(() -> LayoutTies.reversed(rank));
        yield axis.axis() < order.length
            ? List.of(new Axis(input, (int) order[axis.axis()]))
            : List.of();
      }
      case "Reshape", "Flatten", "Squeeze", "Unsqueeze" -> reshaped(input, axis);
      default -> List.of();
    };
  }

  private List<Axis> reshaped(String input, Axis axis) {
    for (Block block : shapes.blocks(input, axis.value())) {
      for (Block.Factor factor : block.factors()) {
        if (factor.otherAxis() == axis.axis()) {
          return List.of(new Axis(input, factor.axis()));
        }
      }
    }
    return List.of();
  }
}
