package org.espalier.train.optim;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;

/**
 * How weights shrink beside their gradient.
 *
 * @param rate how strongly; 0 for none
 * @param decoupled whether the weight itself shrinks by rate times learning rate (Loshchilov and
 *     Hutter, 2019), else the decay is added to the gradient and goes through the optimiser
 * @param everything whether biases, scales and shifts decay too, which are vectors; else only
 *     weights of two and more dimensions do
 */
public record WeightDecay(double rate, boolean decoupled, boolean everything) {
  public static final WeightDecay NONE = new WeightDecay(0, false, false);

  public WeightDecay {
    if (!(rate >= 0)) {
      throw new InvalidInputException("a weight decay of " + rate + ", expected 0 or more");
    }
  }

  /** An L2 penalty: the decay is part of the gradient. */
  public static WeightDecay coupled(double rate) {
    return new WeightDecay(rate, false, false);
  }

  /** The weight shrinks by itself. */
  public static WeightDecay decoupled(double rate) {
    return new WeightDecay(rate, true, false);
  }

  /** Whether a weight of this rank decays. */
  public boolean appliesTo(long rank) {
    return rate > 0 && (everything || rank > 1);
  }

  /** What a gradient gets where decay goes through the optimiser. */
  void pull(Tensor weight, Tensor gradient) {
    if (!decoupled) {
      gradient.add_(weight, new Scalar(rate));
    }
  }

  /** What a weight loses where decay is decoupled. */
  void shrink(Tensor weight, double learningRate) {
    if (decoupled) {
      weight.mul_(new Scalar(1 - learningRate * rate));
    }
  }
}
