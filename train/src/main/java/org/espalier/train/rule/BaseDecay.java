package org.espalier.train.rule;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.torch.Libtorch;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;
import org.espalier.train.data.Digest;

/**
 * Fine-tuning that stays near the network that it began with, so that little is lost where most of
 * the change is dropped: with Adam it's AdamR (Deng et al., 2025, arXiv:2410.09344). Before the
 * optimiser's step {@code x = rate * effective learning rate} of each weight's distance to the base
 * is taken off, or with L1 x itself, whatever the distance. The effective learning rate of Adam is
 * the learning rate over the root of the mean of v.
 *
 * <p>No weight goes beyond the base. In the paper it does where x is larger than the distance with
 * L1, or larger than one with L2.
 *
 * @param rate how strongly; 0 for not at all
 * @param norm whose decay it is
 * @param base what weights are drawn to, by name and shape, others being free; the network as it
 *     was before the first step where this is empty
 */
public record BaseDecay(double rate, Norm norm, Optional<Model> base) implements TrainingRule {
  /** A measure of the distance to the base. */
  public enum Norm {
    L1,
    L2
  }

  public BaseDecay {
    if (!(rate >= 0)) {
      throw new InvalidInputException(
          "a decay towards the base of " + rate + ", expected 0 or more");
    }
  }

  @Override
  public String describe() {
    return "decay of %s towards %s, %s"
        .formatted(rate, base.map(Digest::ofWeights).orElse("the start"), norm);
  }

  @Override
  public void begin(Step step) {
    try (var _ = new AutoGradMode(false)) {
      if (distances(step).isEmpty()) {
        throw new InvalidInputException(
            "the base has none of the network's %d weights, by name and shape"
                .formatted(step.parameters().size()));
      }
    }
  }

  @Override
  public Map<String, Tensor> decay(Step step) {
    if (rate == 0) {
      return Map.of();
    }
    double strength = rate * step.effectiveRate();
    var least = new ScalarOptional(new Scalar(-strength));
    var most = new ScalarOptional(new Scalar(strength));
    var share = new Scalar(Math.min(1, strength));
    Map<String, Tensor> distances = distances(step);
    distances.replaceAll(
        (_, distance) ->
            switch (norm) {
              case L1 -> distance.clamp_(least, most);
              case L2 -> distance.mul_(share);
            });
    return distances;
  }

  /** How far each weight is from the base. */
  private Map<String, Tensor> distances(Step step) {
    var distances = new LinkedHashMap<String, Tensor>();
    var from = step.frozen(base.orElse(step.original())).weights();
    step.parameters()
        .forEach(
            (name, weight) -> {
              var old = from.get(name);
              if (old != null && old.shape().equals(step.weights().get(name).shape())) {
                distances.put(name, weight.sub(Libtorch.view(old)));
              }
            });
    return distances;
  }
}
