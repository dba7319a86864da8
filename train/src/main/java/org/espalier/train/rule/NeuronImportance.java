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
 * How much each neuron matters, meanwhile: the first-order change of the loss if it said nothing,
 * |sum of y * dL/dy| over what it says, averaged over the steps with exponentially falling weights
 * (Molchanov et al., 2019, arXiv:1906.10771). It's read off the weights that y is linear in: |sum
 * of w * dL/dw| over its row and bias, or over the scale and shift of the batch normalisation
 * behind it, for there the sum over the row is zero, no matter the neuron. Rules behind this one
 * ask for it.
 *
 * @param decay of what earlier steps say
 */
public record NeuronImportance(double decay) implements TrainingRule {
  /** The importance of each of a layer's rows, [rows]. */
  static org.espalier.graph.Tensor of(Step step, Layer layer) {
    return step.memory("importance/" + layer.weight(), DataType.FLOAT, layer.rows());
  }

  /** Gradients are looked at where the weights are, before any offset. */
  @Override
  public Map<String, Tensor> offsets(Step step, Map<String, Tensor> gradients) {
    var neurons = new Neurons(step.original().graph());
    for (Layer layer : step.layers()) {
      Tensor change = null;
      for (String name : neurons.linear(step, layer)) {
        Tensor share = step.parameters().get(name).mul(gradients.get(name));
        Tensor rows =
            name.equals(layer.weight())
                ? Matrices.of(layer, share).sum(1)
                : share.reshape(layer.rows());
        change = change == null ? rows : change.add(rows);
      }
      Tensor now = change.abs();
      var importance = of(step, layer);
      Tensor mean =
          Libtorch.view(importance).mul(new Scalar(decay)).add(now, new Scalar(1 - decay));
      importance.data().copyFrom(Libtorch.copy(mean).data());
    }
    return Map.of();
  }
}
