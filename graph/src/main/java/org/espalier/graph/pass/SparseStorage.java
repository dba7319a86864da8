package org.espalier.graph.pass;

import java.util.LinkedHashMap;
import java.util.function.UnaryOperator;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;

/**
 * Stores float initializers as their non-zeros where that takes fewer bytes: a value and an int64
 * position each, so under a third of the elements. The file stays standard ONNX, and ONNX Runtime
 * reads it; formats before IR 6 have no such form and stay as they are.
 */
public final class SparseStorage implements UnaryOperator<Model> {
  private static final long FIRST_IR_VERSION = 6;

  @Override
  public Model apply(Model model) {
    if (model.irVersion() < FIRST_IR_VERSION) {
      return model;
    }
    Graph graph = model.graph();
    var dense = new LinkedHashMap<String, Tensor>();
    var sparse = new LinkedHashMap<>(graph.sparseInitializers());
    graph
        .initializers()
        .forEach(
            (name, tensor) -> {
              boolean replaceable =
                  graph.inputs().stream().anyMatch(input -> input.name().equals(name));
              if (tensor.type() == DataType.FLOAT && !replaceable && isSmaller(tensor)) {
                sparse.put(name, nonzeros(tensor));
              } else {
                dense.put(name, tensor);
              }
            });
    return model.withGraph(
        new Graph(
            graph.name(),
            graph.nodes(),
            dense,
            sparse,
            graph.inputs(),
            graph.outputs(),
            graph.values(),
            graph.annotations(),
            graph.details()));
  }

  private static boolean isSmaller(Tensor tensor) {
    return tensor.rank() > 0
        && tensor.nonzeros() * (Float.BYTES + Long.BYTES) < tensor.data().byteSize();
  }

  private static SparseTensor nonzeros(Tensor tensor) {
    int count = (int) tensor.nonzeros();
    float[] values = new float[count];
    long[] positions = new long[count];
    int next = 0;
    for (long k = 0; k < tensor.size(); k++) {
      float value = tensor.floatAt(k);
      if (value != 0) {
        values[next] = value;
        positions[next++] = k;
      }
    }
    return new SparseTensor(
        Tensor.of(values, count), Tensor.of(positions, count), Shape.of(tensor.dims()));
  }
}
