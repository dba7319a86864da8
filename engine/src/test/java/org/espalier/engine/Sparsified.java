package org.espalier.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;

/**
 * Models with random zeros in their weights, and random inputs for them. What is left of the
 * weights grows, so that values keep their size from layer to layer and errors stay visible.
 */
final class Sparsified {
  private Sparsified() {}

  static Model of(Model model, double sparsity, Random random) {
    var changed = new LinkedHashMap<String, Tensor>();
    float factor = (float) (1 / Math.sqrt(1 - sparsity));
    model
        .graph()
        .initializers()
        .forEach(
            (name, tensor) -> {
              if (tensor.type() == DataType.FLOAT && tensor.rank() >= 2) {
                Tensor copy = tensor.copy();
                for (long k = 0; k < copy.size(); k++) {
                  boolean zero = random.nextDouble() < sparsity;
                  copy.setFloat(k, zero ? 0 : factor * copy.floatAt(k));
                }
                changed.put(name, copy);
              }
            });
    return model.withGraph(model.graph().replacing(changed));
  }

  /** Standard normal floats for each input, with {@code batch} for every open dimension. */
  static Map<String, Tensor> inputs(Model model, long batch, Random random) {
    var inputs = new LinkedHashMap<String, Tensor>();
    for (ValueInfo input : model.graph().requiredInputs()) {
      var type = (Type.TensorType) input.type();
      long[] dims =
          type.shape().orElseThrow().dims().stream()
              .mapToLong((Dim dim) -> dim.sizeOr(batch))
              .toArray();
      Tensor tensor = Tensor.allocate(type.element(), dims);
      for (long k = 0; k < tensor.size() && type.element() == DataType.FLOAT; k++) {
        tensor.setFloat(k, (float) random.nextGaussian());
      }
      inputs.put(input.name(), tensor);
    }
    return inputs;
  }
}
