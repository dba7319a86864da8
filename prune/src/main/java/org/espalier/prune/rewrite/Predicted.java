package org.espalier.prune.rewrite;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;

/** Whether a rewritten model has the sizes that the channels say, by shape inference. */
final class Predicted {
  private static final long SIDE = 64;
  private static final long OTHER = 2;

  private Predicted() {}

  /**
   * @throws InvalidInputException where a value of both models has another size than predicted
   */
  static void check(Model before, Model after, Extents extents) {
    compare(after, extents, Map.of());
    Map<String, Shape> inputs = closed(before);
    if (!inputs.isEmpty()) {
      Shapes shapes;
      try {
        shapes = Shapes.infer(before, inputs);
      } catch (InvalidInputException unfit) {
        return; // sizes that are open in the file, but not any will do
      }
      compare(after, extents.under(shapes), inputs);
    }
  }

  /** The inputs that are open, with sizes; none where all are fixed. */
  private static Map<String, Shape> closed(Model model) {
    var sizes = new HashMap<Dim, Long>();
    var inputs = new HashMap<String, Shape>();
    for (ValueInfo input : model.graph().requiredInputs()) {
      if (!(input.type() instanceof Type.TensorType(_, Optional<Shape> shape))
          || shape.isEmpty()
          || shape.get().isFixed()) {
        continue;
      }
      var dims = new ArrayList<Dim>();
      for (int axis = 0; axis < shape.get().rank(); axis++) {
        long size = axis >= 2 && shape.get().rank() >= 4 ? SIDE : OTHER;
        Dim dim = shape.get().dim(axis);
        dims.add(dim.isFixed() ? dim : Dim.of(sizes.computeIfAbsent(dim, _ -> size)));
      }
      inputs.put(input.name(), new Shape(dims));
    }
    return inputs;
  }

  private static void compare(Model after, Extents extents, Map<String, Shape> inputs) {
    Shapes inferred = Shapes.infer(after, inputs);
    Map<String, Node> producers = after.graph().producers();
    Set<String> values = new HashSet<>(); // what nobody reads may have any size
    after.graph().nodes().forEach(node -> values.addAll(Graph.uses(node)));
    after.graph().outputs().forEach(output -> values.add(output.name()));
    for (String value : values) {
      Optional<Shape> found = inferred.shape(value);
      if (found.isPresent() && extents.rank(value) >= 0) {
        agree(value, found.get(), extents, Optional.ofNullable(producers.get(value)));
      }
    }
  }

  private static void agree(String value, Shape found, Extents extents, Optional<Node> producer) {
    boolean agrees = found.rank() == extents.rank(value);
    for (int axis = 0; agrees && axis < found.rank(); axis++) {
      Dim expected = extents.after(value, axis);
      agrees =
          !(expected.isFixed() && found.dim(axis).isFixed()) || expected.equals(found.dim(axis));
    }
    if (!agrees) {
      throw new InvalidInputException(
          "%s: value '%s' has shape %s after the removal, expected %s"
              .formatted(
                  producer
                      .map(node -> "node '%s' (%s)".formatted(node.label(), node.op()))
                      .orElse("the model"),
                  value,
                  found,
                  expected(value, extents)));
    }
  }

  private static String expected(String value, Extents extents) {
    var expected = new StringBuilder();
    for (int axis = 0; axis < extents.rank(value); axis++) {
      expected.append(axis == 0 ? "[" : ", ").append(extents.after(value, axis));
    }
    return expected.append(']').toString();
  }
}
