package org.espalier.train.rule;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.Layer;
import org.espalier.train.Pass;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * A penalty between counting weights and summing their magnitudes (Zhang and Xin, 2018,
 * arXiv:1411.5735): {@code weight * sum of (a + 1) |w| / (a + |w|)}, L0 as a goes to 0, L1 as it
 * grows.
 */
public record TransformedL1(double weight, double a) implements TrainingRule {
  public TransformedL1 {
    if (!(weight >= 0 && a > 0)) {
      throw new InvalidInputException(
          "a penalty of weight %s with a %s, expected 0 or more, and more than 0"
              .formatted(weight, a));
    }
  }

  @Override
  public String describe() {
    return toString();
  }

  @Override
  public Tensor loss(Step step, Pass pass, Tensor loss) {
    Tensor sum = loss;
    for (Layer layer : step.layers()) {
      sum = sum.add(penalty(step.parameters().get(layer.weight()), a), new Scalar(weight));
    }
    return sum;
  }

  /** The sum over all elements. */
  static Tensor penalty(Tensor weights, double a) {
    Tensor magnitudes = weights.abs();
    Tensor each = magnitudes.div(magnitudes.add(new Scalar(a)));
    return each.sum().mul(new Scalar(a + 1));
  }
}
