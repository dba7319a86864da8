package org.espalier.train.rule;

import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.Autograd;
import org.espalier.torch.Libtorch;
import org.espalier.torch.Mode;
import org.espalier.train.Network;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * The network learns from the worst examples nearby (Madry et al., 2018, arXiv:1706.06083):
 * projected gradient ascent on the loss, from a random place within {@code radius} of each element.
 * Sizes are shares of the range that the batch's elements span, and examples stay in that range, so
 * that they mean the same however the data are normalised.
 *
 * @param radius how far an element may move, such as 8/255
 * @param stride how far it moves in one of the ascent's steps
 * @param steps of the ascent
 */
public record AdversarialExamples(double radius, double stride, int steps) implements TrainingRule {
  public AdversarialExamples {
    if (!(radius >= 0 && stride > 0) || steps < 1) {
      throw new InvalidInputException(
          "%d steps of %s within %s: expected 1 or more, more than 0, 0 or more"
              .formatted(steps, stride, radius));
    }
  }

  @Override
  public Tensor examples(Step step, Tensor examples, Tensor targets) {
    Libtorch.manualSeed(step.seed());
    Tensor noise = torch.rand_like(examples).mul(new Scalar(2.0)).sub(new Scalar(1.0));
    return attacked(step.network(), examples, targets, noise);
  }

  /**
   * The examples, moved to where the loss is higher.
   *
   * @param start where the ascent begins, from -1 to 1 in units of the radius
   */
  public Tensor attacked(Network network, Tensor examples, Tensor targets, Tensor start) {
    Tensor least = examples.amin();
    Tensor most = examples.amax();
    double range = most.sub(least).item_double();
    Tensor low = examples.sub(new Scalar(radius * range)).max(least);
    Tensor high = examples.add(new Scalar(radius * range)).min(most);
    Tensor moved = within(examples.add(start, new Scalar(radius * range)), low, high);
    for (int k = 0; k < steps; k++) {
      Tensor leaf = moved.detach().set_requires_grad(true);
      Tensor loss = network.loss(network.show(leaf, targets, Mode.EVAL, Set.of()));
      Tensor uphill = Autograd.gradients(loss, Map.of("x", leaf)).get("x").sign();
      moved = within(moved.detach().add(uphill, new Scalar(stride * range)), low, high);
    }
    return moved.detach();
  }

  private static Tensor within(Tensor tensor, Tensor low, Tensor high) {
    return tensor.clamp(new TensorOptional(low), new TensorOptional(high));
  }
}
