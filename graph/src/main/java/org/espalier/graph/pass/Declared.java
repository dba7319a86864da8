package org.espalier.graph.pass;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;

/** What the file says of its values: initializers, and the types of inputs and annotations. */
final class Declared implements Facts {
  private final Graph graph;
  private final Map<String, Type.TensorType> types = new HashMap<>();

  Declared(Graph graph) {
    this.graph = graph;
    graph.values().forEach(this::declare);
    graph.inputs().forEach(this::declare);
    graph.outputs().forEach(this::declare);
  }

  private void declare(ValueInfo value) {
    if (value.type() instanceof Type.TensorType tensor) {
      types.put(value.name(), tensor);
    }
  }

  @Override
  public Optional<DataType> type(String value) {
    Optional<DataType> initializer = graph.initializer(value).map(Tensor::type);
    return initializer.isPresent()
        ? initializer
        : Optional.ofNullable(types.get(value)).map(Type.TensorType::element);
  }

  @Override
  public Optional<Shape> shape(String value) {
    Optional<Shape> initializer = graph.initializer(value).map(Tensor::shape);
    return initializer.isPresent()
        ? initializer
        : Optional.ofNullable(types.get(value)).flatMap(Type.TensorType::shape);
  }

  @Override
  public Optional<Tensor> constant(String value) {
    return graph.inputs().stream().anyMatch(input -> input.name().equals(value))
        ? Optional.empty()
        : graph.initializer(value);
  }
}
