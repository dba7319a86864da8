package org.espalier.train.optim;

import java.util.Collection;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;

/**
 * Adam (Kingma and Ba, 2015): steps of the size of the learning rate, along the mean of the
 * gradient over the root of its mean square, both corrected for their start at zero. With decoupled
 * weight decay it is AdamW (Loshchilov and Hutter, 2019).
 */
public record Adam(double beta1, double beta2, double epsilon, WeightDecay decay)
    implements Optimizer {
  public Adam {
    if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0)) {
      throw new InvalidInputException(
          "Adam with betas %s and %s and epsilon %s, expected betas from 0 up to but not 1"
              .formatted(beta1, beta2, epsilon));
    }
  }

  /** With the paper's constants. */
  public static Adam usual() {
    return new Adam(0.9, 0.999, 1e-8, WeightDecay.NONE);
  }

  /** AdamW with the paper's constants. */
  public static Adam decoupled(double decay) {
    return new Adam(0.9, 0.999, 1e-8, WeightDecay.decoupled(decay));
  }

  @Override
  public List<String> slots() {
    return List.of("mean", "square");
  }

  @Override
  public Adam with(WeightDecay decay) {
    return new Adam(beta1, beta2, epsilon, decay);
  }

  @Override
  public void observe(Tensor weight, Tensor gradient, List<Tensor> slots, boolean decays) {
    if (decays) {
      decay.pull(weight, gradient);
    }
    slots.get(0).mul_(new Scalar(beta1)).add_(gradient, new Scalar(1 - beta1));
    slots.get(1).mul_(new Scalar(beta2)).addcmul_(gradient, gradient, new Scalar(1 - beta2));
  }

  @Override
  public void update(
      Tensor weight, Tensor gradient, List<Tensor> slots, double rate, long step, boolean decays) {
    if (decays) {
      decay.shrink(weight, rate);
    }
    Tensor root = slots.get(1).sqrt().div_(new Scalar(Math.sqrt(share(beta2, step))));
    weight.addcdiv_(
        slots.get(0), root.add_(new Scalar(epsilon)), new Scalar(-rate / share(beta1, step)));
  }

  /** How much of a mean that began with zero there is after so many steps before this one. */
  private static double share(double beta, long step) {
    return 1 - Math.pow(beta, step + 1.0);
  }

  /** Over the root of the mean square of all gradients; the rate itself where all were zero. */
  @Override
  public double effectiveRate(Collection<List<Tensor>> slots, long count, double rate, long step) {
    double squares = slots.stream().mapToDouble(own -> own.get(1).sum().item_double()).sum();
    return squares == 0 ? rate : rate / Math.sqrt(squares / count / share(beta2, step));
  }
}
