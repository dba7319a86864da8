package org.espalier.train.rule;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.InvalidInputException;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * Sharpness-aware training (Foret et al., 2021, arXiv:2010.01412): gradients are taken where the
 * loss is highest nearby, at {@code radius * d * d * g / ||d * g||} with one norm over all weights,
 * where d is 1 or |w| + 0.01 (Kwon et al., 2021, arXiv:2102.11600).
 *
 * @param relative whether the radius is in units of the weights
 * @param from the first step with it
 */
public record Sharpness(double radius, boolean relative, long from) implements TrainingRule {
  private static final double LEAST = 0.01;

  public Sharpness {
    if (!(radius >= 0)) {
      throw new InvalidInputException("a radius of " + radius + ", expected 0 or more");
    }
  }

  @Override
  public Map<String, Tensor> offsets(Step step, Map<String, Tensor> gradients) {
    if (step.index() < from || radius == 0) {
      return Map.of();
    }
    var offsets = new LinkedHashMap<String, Tensor>();
    Tensor squares = null;
    for (var entry : gradients.entrySet()) {
      Tensor scale = scale(step.parameters().get(entry.getKey()), relative);
      Tensor scaled = scale.mul(entry.getValue());
      Tensor square = scaled.square().sum();
      squares = squares == null ? square : squares.add(square);
      offsets.put(entry.getKey(), scale.mul(scaled));
    }
    double norm = squares == null ? 0 : Math.sqrt(squares.item_double());
    if (norm == 0) {
      return Map.of();
    }
    offsets.values().forEach(offset -> offset.mul_(new Scalar(radius / norm)));
    return offsets;
  }

  /** What a weight's offset is measured in. */
  static Tensor scale(Tensor weight, boolean relative) {
    return relative ? weight.abs().add(new Scalar(LEAST)) : torch.ones_like(weight);
  }
}
