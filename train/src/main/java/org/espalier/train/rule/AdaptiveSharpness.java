package org.espalier.train.rule;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.Layer;
import org.espalier.torch.Libtorch;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * Sharpness-aware training with a radius for each neuron (AdaSAP: Bair et al., 2024,
 * arXiv:2306.14306): {@code most} for the least important one of the network, {@code least} for the
 * most important, in between by a straight line. So what may go soon lies in flat places. A neuron
 * is a row of its layer with its bias; its offset is {@code radius / sqrt(n) * d * d * g / ||d *
 * g||}, where n neurons are alive and d is |w| + 0.01 (Kwon et al., 2021, arXiv:2102.11600) or,
 * plainly, 1. With one radius for all that is as far off as {@link Sharpness} goes, however large
 * the network: the usual radii are meant for all weights together. {@link NeuronImportance} comes
 * before.
 *
 * @param relative whether radii are in units of the weights
 * @param until the first step without it
 */
public record AdaptiveSharpness(double least, double most, boolean relative, long until)
    implements TrainingRule {
  public AdaptiveSharpness {
    if (!(least >= 0 && most >= least)) {
      throw new InvalidInputException(
          "radii from %s to %s, expected 0 or more, in ascending order".formatted(least, most));
    }
  }

  @Override
  public Map<String, Tensor> offsets(Step step, Map<String, Tensor> gradients) {
    if (step.index() >= until || most == 0) {
      return Map.of();
    }
    Range range = range(step);
    var offsets = new LinkedHashMap<String, Tensor>();
    for (Layer layer : step.layers()) {
      float[] radii = radii(importance(step, layer), range.low(), range.high());
      Tensor radius = Libtorch.view(org.espalier.graph.Tensor.of(radii));
      radius.div_(new Scalar(Math.sqrt(range.alive())));
      offset(step, layer, gradients, radius, offsets);
    }
    return offsets;
  }

  private static float[] importance(Step step, Layer layer) {
    return NeuronImportance.of(step, layer).floats();
  }

  /** The least and the most important neuron, and how many there are: those of importance. */
  private record Range(float low, float high, int alive) {}

  private static Range range(Step step) {
    float low = Float.POSITIVE_INFINITY;
    float high = 0;
    int alive = 0;
    for (Layer layer : step.layers()) {
      for (float importance : importance(step, layer)) {
        low = importance > 0 ? Math.min(low, importance) : low;
        high = Math.max(high, importance);
        alive += importance > 0 ? 1 : 0;
      }
    }
    return new Range(low, high, Math.max(1, alive));
  }

  /** The radius of each neuron. */
  float[] radii(float[] importance, float low, float high) {
    float[] radii = new float[importance.length];
    for (int k = 0; k < radii.length; k++) {
      double place = high > low ? (Math.max(importance[k], low) - low) / (high - low) : 0;
      radii[k] = (float) (most - place * (most - least));
    }
    return radii;
  }

  private void offset(
      Step step,
      Layer layer,
      Map<String, Tensor> gradients,
      Tensor radius,
      Map<String, Tensor> offsets) {
    Tensor weight = step.parameters().get(layer.weight());
    Tensor scale = Sharpness.scale(weight, relative);
    Tensor scaled = scale.mul(gradients.get(layer.weight()));
    Tensor squares = Matrices.of(layer, scaled).square().sum(1);
    Optional<String> bias = Neurons.bias(step, layer);
    Tensor biasScale = null;
    Tensor biasScaled = null;
    if (bias.isPresent()) {
      biasScale = Sharpness.scale(step.parameters().get(bias.get()), relative);
      biasScaled = biasScale.mul(gradients.get(bias.get()));
      squares = squares.add(biasScaled.reshape(-1).square());
    }
    // A neuron without a gradient stays where it is.
    Tensor share =
        radius.div(squares.sqrt()).masked_fill(squares.eq(new Scalar(0.0)), new Scalar(0.0));
    Tensor rows = Matrices.of(layer, scale.mul(scaled)).mul(share.reshape(-1, 1));
    offsets.put(layer.weight(), Matrices.back(layer, rows, weight));
    if (bias.isPresent()) {
      offsets.put(bias.get(), biasScale.mul(biasScaled).mul(share.reshape_as(biasScaled)));
    }
  }
}
