package org.espalier.train.rule;

import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.DataType;
import org.espalier.prune.Layer;
import org.espalier.torch.Libtorch;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * How much each neuron matters, meanwhile: the first-order change of the loss without it, |sum of w
 * * dL/dw| over its row, averaged over the steps with exponentially falling weights. Rules behind
 * this one ask for it.
 *
 * @param decay of what earlier steps say
 */
public record NeuronImportance(double decay) implements TrainingRule {
  @Override
  public String describe() {
    return toString();
  }

  /** The importance of each of a layer's rows, [rows]. */
  static org.espalier.graph.Tensor of(Step step, Layer layer) {
    return step.memory("importance/" + layer.weight(), DataType.FLOAT, layer.rows());
  }

  /** Gradients are looked at where the weights are, before any offset. */
  @Override
  public Map<String, Tensor> offsets(Step step, Map<String, Tensor> gradients) {
    for (Layer layer : step.layers()) {
      Tensor weight = step.parameters().get(layer.weight());
      Tensor change = Matrices.of(layer, weight.mul(gradients.get(layer.weight())));
      Tensor now = change.sum(1).abs();
      var importance = of(step, layer);
      Tensor mean =
          Libtorch.view(importance).mul(new Scalar(decay)).add(now, new Scalar(1 - decay));
      importance.data().copyFrom(Libtorch.copy(mean).data());
    }
    return Map.of();
  }
}
