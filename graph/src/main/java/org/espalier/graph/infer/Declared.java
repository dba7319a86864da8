package org.espalier.graph.infer;

import java.lang.System.Logger.Level;
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
 * What the file says of values that nodes make. It fills what couldn't be inferred.
 *
 * <p>A shape that contradicts what was inferred isn't believed: exporters leave such in the
 * branches of an If, and outputs keep the sizes of the example they were traced with. ONNX Runtime
 * goes on with a warning, too. A wrong element type is an error in both.
 */
final class Declared {
  private static final System.Logger LOG = System.getLogger(Declared.class.getName());

  static final Declared NOTHING = new Declared(List.of());

  private final Map<String, Type> types = new HashMap<>();
  private final Map<String, Size> bindings = new HashMap<>();

  /** Whether the inputs have the sizes that the file was written for. */
  private boolean shapesHold = true;

  /** Whether a wrong shape was told of: one warning for a graph is enough. */
  private boolean warned;

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
      throw new InvalidInputException(
          "node '%s': output '%s' is declared as %s, but comes out as %s"
              .formatted(node.label(), value, element, inferred.element()));
    }
    Dims dims = inferred.dims();
    if (shapesHold && shape.isPresent()) {
      Dims stated =
          new Dims(Dims.of(shape.get()).sizes().stream().map(s -> s.bind(bindings)).toList());
      dims = dims == null ? stated : merge(node, value, dims, stated);
    }
    return new Fact(element, dims, inferred.contents());
  }

  private Dims merge(Node node, String value, Dims inferred, Dims stated) {
    if (inferred.contradicts(stated)) {
      if (!warned) {
        LOG.log(
            Level.WARNING,
            "node ''{0}'': output ''{1}'' is declared as {2}, but comes out as {3}",
            node.label(),
            value,
            stated,
            inferred);
        warned = true;
      }
      return inferred;
    }
    Dims merged = inferred;
    for (int axis = 0; axis < inferred.rank(); axis++) {
      if (inferred.at(axis).isUnknown() && !stated.at(axis).isUnknown()) {
        merged = merged.with(axis, stated.at(axis));
      }
    }
    return merged;
  }
}
