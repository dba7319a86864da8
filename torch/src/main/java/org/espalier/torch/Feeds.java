package org.espalier.torch;

import java.util.Map;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;

/** Checks what a caller gives a model against what the model declares. */
final class Feeds {
  private Feeds() {}

  static void check(Graph graph, Map<String, Tensor> inputs) {
    for (ValueInfo input : graph.inputs()) {
      Tensor given = inputs.get(input.name());
      if (given != null && input.type() instanceof Type.TensorType type) {
        check(input.name(), type, given);
      } else if (given == null && !graph.isInitializer(input.name())) {
        throw new InvalidInputException(
            "input '%s' is missing; given: %s".formatted(input.name(), inputs.keySet()));
      }
    }
    for (String name : inputs.keySet()) {
      if (graph.inputs().stream().noneMatch(input -> input.name().equals(name))) {
        throw new InvalidInputException("the model has no input named '" + name + "'");
      }
    }
  }

  private static void check(String name, Type.TensorType type, Tensor given) {
    boolean fits = given.type() == type.element();
    if (type.shape().isPresent()) {
      var shape = type.shape().get();
      fits &= shape.rank() == given.rank();
      for (int axis = 0; fits && axis < shape.rank(); axis++) {
        fits = shape.dim(axis).sizeOr(given.dim(axis)) == given.dim(axis);
      }
    }
    if (!fits) {
      throw new InvalidInputException(
          "input '%s' is %s, expected %s %s"
              .formatted(
                  name,
                  given,
                  type.element(),
                  type.shape().map(Object::toString).orElse("of any shape")));
    }
  }
}
