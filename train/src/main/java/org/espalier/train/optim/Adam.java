package org.espalier.train.optim;

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
  public void update(
      Tensor weight, Tensor gradient, List<Tensor> slots, double rate, long step, boolean decays) {
    if (decays) {
      decay.apply(weight, gradient, rate);
    }
    Tensor mean = slots.get(0);
    Tensor square = slots.get(1);
    mean.mul_(new Scalar(beta1)).add_(gradient, new Scalar(1 - beta1));
    square.mul_(new Scalar(beta2)).addcmul_(gradient, gradient, new Scalar(1 - beta2));
    double meanShare = 1 - Math.pow(beta1, step + 1.0);
    double squareShare = 1 - Math.pow(beta2, step + 1.0);
    Tensor root = square.sqrt().div_(new Scalar(Math.sqrt(squareShare)));
    weight.addcdiv_(mean, root.add_(new Scalar(epsilon)), new Scalar(-rate / meanShare));
  }
}
