package org.espalier.train.rule;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.prune.Layer;

/**
 * A penalty between counting weights and summing their magnitudes (Zhang and Xin, 2018,
 * arXiv:1411.5735): {@code weight * sum of (a + 1) |w| / (a + |w|)}, L0 as a goes to 0, L1 as it
 * grows.
 */
public record TransformedL1(double weight, double a) implements Penalty {
  public TransformedL1 {
    Penalty.check(weight, "a", a);
  }

  @Override
  public Tensor of(Layer layer, Tensor weights) {
    return penalty(weights, a);
  }

  /** The sum over all elements. */
  static Tensor penalty(Tensor weights, double a) {
    Tensor magnitudes = weights.abs();
    Tensor each = magnitudes.div(magnitudes.add(new Scalar(a)));
    return each.sum().mul(new Scalar(a + 1));
  }
}
