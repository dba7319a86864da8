package org.espalier.graph.infer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;

/**
 * What the file says of values that nodes make. It fills what couldn't be inferred, and must not
 * contradict what could.
 */
final class Declared {
  static final Declared NOTHING = new Declared(List.of());

  private final Map<String, Type> types = new HashMap<>();
  private final Map<String, Size> bindings = new HashMap<>();

  /** Whether the inputs have the sizes that the file was written for. */
  private boolean shapesHold = true;

  Declared(List<ValueInfo> values) {
    values.forEach(value -> types.put(value.name(), value.type()));
  }

  Declared(Graph graph) {
    this(graph.values());
    graph.outputs().forEach(value -> types.put(value.name(), value.type()));
  }

  /** An input with another shape (and perhaps contents) than the model states. */
  Fact replaced(ValueInfo input, Fact stated, Fact wanted) {
    if (stated.element() != null
        && wanted.element() != null
        && stated.element() != wanted.element()) {
      throw new InvalidInputException(
          "input '%s' has type %s, the model declares %s"
              .formatted(input.name(), wanted.element(), stated.element()));
    }
    if (stated.dims() != null) {
      if (stated.dims().rank() != wanted.dims().rank()) {
        throw new InvalidInputException(
            "input '%s' has shape %s, the model declares %s"
                .formatted(input.name(), wanted.dims(), stated.dims()));
      }
      for (int axis = 0; axis < stated.dims().rank(); axis++) {
        bind(stated.dims().at(axis), wanted.dims().at(axis));
      }
    }
    return new Fact(
        wanted.element() == null ? stated.element() : wanted.element(),
        wanted.dims(),
        wanted.contents());
  }

  private void bind(Size stated, Size wanted) {
    if (stated.isFixed()) {
      shapesHold &= stated.equals(wanted);
    } else if (stated.isSingle() && !stated.isUnknown() && !stated.equals(wanted)) {
      Size other = bindings.putIfAbsent(stated.toString(), wanted);
      shapesHold &= other == null || other.equals(wanted);
    }
  }

  /** What is known of a node's output, inferred and declared together. */
  Fact merge(Node node, String value, Fact inferred) {
    if (!(types.get(value) instanceof Type.TensorType(DataType element, Optional<Shape> shape))) {
      return inferred;
    }
    if (inferred.element() != null && element != inferred.element()) {
      throw contradiction(node, value, element, inferred.element());
    }
    Dims dims = inferred.dims();
    if (shapesHold && shape.isPresent()) {
      Dims stated =
          new Dims(Dims.of(shape.get()).sizes().stream().map(s -> s.bind(bindings)).toList());
      dims = dims == null ? stated : merge(node, value, dims, stated);
    }
    return new Fact(element, dims, inferred.contents());
  }

  private static Dims merge(Node node, String value, Dims inferred, Dims stated) {
    if (inferred.rank() != stated.rank()) {
      throw contradiction(node, value, stated, inferred);
    }
    Dims merged = inferred;
    for (int axis = 0; axis < inferred.rank(); axis++) {
      Size size = inferred.at(axis);
      if (Dims.differ(size, stated.at(axis))) {
        throw contradiction(node, value, stated, inferred);
      }
      if (size.isUnknown() && !stated.at(axis).isUnknown()) {
        merged = merged.with(axis, stated.at(axis));
      }
    }
    return merged;
  }

  private static InvalidInputException contradiction(
      Node node, String value, Object stated, Object inferred) {
    return new InvalidInputException(
        "node '%s': output '%s' is declared as %s, but comes out as %s"
            .formatted(node.label(), value, stated, inferred));
  }
}
