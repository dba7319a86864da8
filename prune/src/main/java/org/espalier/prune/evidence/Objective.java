package org.espalier.prune.evidence;

import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
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
   * What data with targets are mostly trained for: the cross-entropy of the first output's logits
   * where targets are classes, and mean squares where they are numbers. Classes are the last axis
   * of [n, classes] and [n, tokens, classes], and the second of [n, classes, height, width].
   */
  static Objective usual() {
    return (forward, targets) -> {
      if (targets == null) {
        throw new InvalidInputException(
            "gradients need calibration data with targets, and these have none");
      }
      Tensor output = forward.output();
      return targets.scalar_type().intern() == ScalarType.Long
          ? crossEntropy(output, targets)
          : meanSquares(output, targets);
    };
  }

  private static Tensor crossEntropy(Tensor output, Tensor targets) {
    long rank = targets.dim();
    if (output.dim() != rank + 1 || output.size(0) != targets.size(0)) {
      throw mismatch(output, targets);
    }
    boolean last = rank == 1 || output.size(1) == targets.size(1);
    Tensor logits = last ? output : output.movedim(1, -1);
    if (logits.numel() / logits.size(-1) != targets.numel()) {
      throw mismatch(output, targets);
    }
    long mean = 1;
    long ignored = -100;
    long classes = logits.size(-1);
    Tensor unknown = targets.lt(new Scalar(0)).bitwise_or(targets.ge(new Scalar(classes)));
    if (unknown.bitwise_and(targets.ne(new Scalar(ignored))).any().item().toBool()) {
      throw new InvalidInputException(
          "targets from %s to %s for a model of %d classes, expected 0 to %d"
              .formatted(
                  targets.min().item().toLong(),
                  targets.max().item().toLong(),
                  classes,
                  classes - 1));
    }
    return torch.cross_entropy_loss(
        logits.reshape(-1, logits.size(-1)),
        targets.reshape(-1),
        new TensorOptional(),
        mean,
        ignored,
        0);
  }

  private static Tensor meanSquares(Tensor output, Tensor targets) {
    if (output.numel() != targets.numel() || output.size(0) != targets.size(0)) {
      throw mismatch(output, targets);
    }
    return torch.mse_loss(output, targets.reshape(shape(output)).to(output.scalar_type()));
  }

  private static InvalidInputException mismatch(Tensor output, Tensor targets) {
    return new InvalidInputException(
        "the model gives %s for targets %s"
            .formatted(Arrays.toString(shape(output)), Arrays.toString(shape(targets))));
  }

  private static long[] shape(Tensor tensor) {
    long[] shape = new long[Math.toIntExact(tensor.dim())];
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = tensor.size(axis);
    }
    return shape;
  }
}
