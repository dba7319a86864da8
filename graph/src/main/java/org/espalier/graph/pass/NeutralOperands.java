package org.espalier.graph.pass;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import org.espalier.graph.DataType;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;

/**
 * Replaces nodes in which a constant leaves the other operand as it is, but for its shape: And with
 * what is true, Gather of a whole axis in order, Expand to the shape that a value has. Exporters
 * make attention's masks so. Each becomes an Expand, a Reshape or an {@code Identity}, which {@link
 * RemoveIdentities} takes away.
 */
public final class NeutralOperands implements Pass {
  @Override
  public Model apply(Model model) {
    if (model.graph().nodes().stream().noneMatch(NeutralOperands::isCandidate)) {
      return model;
    }
    Shapes shapes = Shapes.infer(model);
    var constants = new FixedValues(model);
    List<Node> nodes =
        model.graph().nodes().stream().map(node -> replaced(node, shapes, constants)).toList();
    return nodes.equals(model.graph().nodes()) ? model : constants.rebuilt(nodes);
  }

  private static boolean isCandidate(Node node) {
    return node.is("And") || node.is("Gather") || node.is("Expand");
  }

  private static Node replaced(Node node, Shapes shapes, FixedValues constants) {
    Optional<String> same = isCandidate(node) ? unchanged(node, shapes) : Optional.empty();
    Optional<long[]> from = same.flatMap(name -> sizes(name, shapes));
    Optional<long[]> to = sizes(node.outputs().getFirst(), shapes);
    if (from.isEmpty() || to.isEmpty()) {
      return node;
    }
    if (Arrays.equals(from.get(), to.get())) {
      return Node.of("Identity", List.of(same.get()), node.outputs()).withName(node.name());
    }
    if (node.is("Expand")) {
      return node;
    }
    String shape = constants.freshName(node.outputs().getFirst() + "_shape");
    constants.put(shape, Tensor.of(to.get(), to.get().length));
    String op = node.is("Gather") ? "Reshape" : "Expand";
    return Node.of(op, List.of(same.get(), shape), node.outputs()).withName(node.name());
  }

  /** The operand whose elements are the result's, in the same order, repeated by broadcasting. */
  private static Optional<String> unchanged(Node node, Shapes shapes) {
    String first = node.inputs().get(0);
    String second = node.inputs().get(1);
    return switch (node.op()) {
      case "And" -> isTrue(second, shapes) ? Optional.of(first) : otherThanTrue(node, shapes);
      case "Gather" -> Optional.of(first).filter(_ -> isWholeAxis(node, shapes));
      default -> Optional.of(first);
    };
  }

  private static Optional<String> otherThanTrue(Node and, Shapes shapes) {
    return Optional.of(and.inputs().get(1)).filter(_ -> isTrue(and.inputs().get(0), shapes));
  }

  private static boolean isTrue(String name, Shapes shapes) {
    return shapes
        .constant(name)
        .filter(tensor -> tensor.type() == DataType.BOOL)
        .filter(tensor -> all(tensor, k -> tensor.integerAt(k) != 0))
        .isPresent();
  }

  private static boolean isWholeAxis(Node node, Shapes shapes) {
    Optional<long[]> dims = sizes(node.inputs().getFirst(), shapes);
    Optional<Tensor> indices = shapes.constant(node.inputs().get(1));
    if (dims.isEmpty() || indices.isEmpty() || dims.get().length == 0) {
      return false;
    }
    int axis = (int) Math.floorMod(node.integer("axis", 0), (long) dims.get().length);
    Tensor order = indices.get();
    return order.size() == dims.get()[axis] && all(order, k -> order.integerAt(k) == k);
  }

  private static boolean all(Tensor tensor, LongPredicate holds) {
    return LongStream.range(0, tensor.size()).allMatch(holds);
  }

  private static Optional<long[]> sizes(String name, Shapes shapes) {
    return shapes.shape(name).flatMap(shape -> shape.sizes());
  }
}
