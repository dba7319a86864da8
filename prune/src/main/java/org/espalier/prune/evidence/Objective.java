package org.espalier.prune.evidence;

import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.Forward;

/** The loss that gradients and curvature are of: the mean over a batch. */
@FunctionalInterface
public interface Objective {
  /**
   * The loss, with its history.
   *
   * @param targets of the batch; null where there are none
   */
  Tensor of(Forward forward, Tensor targets);

  /**
   * What the Gauss-Newton matrix is made of: {@code R z}, where {@code R R^T} is the second
   * derivative of a sample's own loss by its outputs.
   *
   * @param output of the network, as {@link #of} takes it
   * @param signs z, of the output's shape: random signs
   * @return of the same shape
   * @throws InvalidInputException where that isn't known of this loss
   */
  default Tensor curvature(Tensor output, Tensor targets, Tensor signs) {
    throw new InvalidInputException("the Gauss-Newton matrix of this loss isn't known");
  }

  /**
   * What data with targets are mostly trained for: the cross-entropy of the first output's logits
   * where targets are classes, and mean squares where they are numbers. Classes are the last axis
   * of [n, classes] and [n, tokens, classes], and the second of [n, classes, height, width].
   */
  static Objective usual() {
    return new UsualObjective();
  }
}
