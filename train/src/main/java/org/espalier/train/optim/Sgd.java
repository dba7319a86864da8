package org.espalier.train.optim;

import java.util.Collection;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;

/**
 * Stochastic gradient descent: {@code v = momentum * v + g}, then {@code w -= rate * v}, or {@code
 * w -= rate * (g + momentum * v)} with Nesterov's momentum, as PyTorch has them.
 */
public record Sgd(double momentum, boolean nesterov, WeightDecay decay) implements Optimizer {
  public Sgd {
    if (!(momentum >= 0 && momentum < 1) || (nesterov && momentum == 0)) {
      throw new InvalidInputException(
          "a momentum of %s%s, expected 0 up to but not 1%s"
              .formatted(momentum, nesterov ? " with Nesterov" : "", nesterov ? ", not 0" : ""));
    }
  }

  /** With momentum 0.9. */
  public static Sgd usual() {
    return new Sgd(0.9, false, WeightDecay.NONE);
  }

  @Override
  public List<String> slots() {
    return momentum > 0 ? List.of("momentum") : List.of();
  }

  @Override
  public Sgd with(WeightDecay decay) {
    return new Sgd(momentum, nesterov, decay);
  }

  @Override
  public void observe(Tensor weight, Tensor gradient, List<Tensor> slots, boolean decays) {
    if (decays) {
      decay.pull(weight, gradient);
    }
    if (momentum > 0) {
      slots.getFirst().mul_(new Scalar(momentum)).add_(gradient);
    }
  }

  @Override
  public void update(
      Tensor weight, Tensor gradient, List<Tensor> slots, double rate, long step, boolean decays) {
    if (decays) {
      decay.shrink(weight, rate);
    }
    Tensor direction = gradient;
    if (momentum > 0) {
      Tensor velocity = slots.getFirst();
      direction = nesterov ? gradient.add_(velocity, new Scalar(momentum)) : velocity;
    }
    weight.add_(direction, new Scalar(-rate));
  }

  @Override
  public double effectiveRate(Collection<List<Tensor>> slots, long count, double rate, long step) {
    return rate / (1 - momentum);
  }
}
