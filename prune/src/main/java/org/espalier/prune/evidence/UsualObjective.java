package org.espalier.prune.evidence;

import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.Forward;

/** Cross-entropy of classes, mean squares of numbers. */
final class UsualObjective implements Objective {
  /** The class of what counts for nothing. */
  private static final long IGNORED = -100;

  @Override
  public Tensor of(Forward forward, Tensor targets) {
    Tensor output = forward.output();
    return areClasses(targets) ? crossEntropy(output, targets) : meanSquares(output, targets);
  }

  private static boolean areClasses(Tensor targets) {
    if (targets == null) {
      throw new InvalidInputException(
          "gradients need calibration data with targets, and these have none");
    }
    return targets.scalar_type().intern() == ScalarType.Long;
  }

  /** Of probabilities p the root is diag(sqrt p) - p sqrt(p)^T, of squares sqrt(2). */
  @Override
  public Tensor curvature(Tensor output, Tensor targets, Tensor signs) {
    if (!areClasses(targets)) {
      checkNumbers(output, targets);
      return signs.mul(new Scalar(Math.sqrt(2.0 * output.size(0) / output.numel())));
    }
    Tensor p = classesLast(output, targets).softmax(-1);
    long axis = classAxis(output, targets);
    Tensor spread = p.sqrt().mul(signs.movedim(axis, -1));
    Tensor centred = spread.sub(p.mul(spread.sum(new long[] {-1}, true, new ScalarTypeOptional())));
    Tensor counts = targets.ne(new Scalar(IGNORED)).to(p.scalar_type());
    Tensor ofSample = counts.reshape(counts.size(0), -1).sum(1).clamp_min(new Scalar(1.0));
    Tensor weight = counts.reshape(counts.size(0), -1).div(ofSample.unsqueeze(1).sqrt());
    return centred.mul(weight.view_as(targets).unsqueeze(-1)).movedim(-1, axis);
  }

  private static Tensor crossEntropy(Tensor output, Tensor targets) {
    Tensor logits = classesLast(output, targets);
    long mean = 1;
    return torch.cross_entropy_loss(
        logits.reshape(-1, logits.size(-1)),
        targets.reshape(-1),
        new TensorOptional(),
        mean,
        IGNORED,
        0);
  }

  /** [n, ..., classes], of targets that fit. */
  private static Tensor classesLast(Tensor output, Tensor targets) {
    long rank = targets.dim();
    if (output.dim() != rank + 1 || output.size(0) != targets.size(0)) {
      throw mismatch(output, targets);
    }
    Tensor logits = output.movedim(classAxis(output, targets), -1);
    if (logits.numel() / logits.size(-1) != targets.numel()) {
      throw mismatch(output, targets);
    }
    long classes = logits.size(-1);
    Tensor unknown = targets.lt(new Scalar(0)).bitwise_or(targets.ge(new Scalar(classes)));
    if (unknown.bitwise_and(targets.ne(new Scalar(IGNORED))).any().item().toBool()) {
      throw new InvalidInputException(
          "targets from %s to %s for a model of %d classes, expected 0 to %d"
              .formatted(
                  targets.min().item().toLong(),
                  targets.max().item().toLong(),
                  classes,
                  classes - 1));
    }
    return logits;
  }

  private static long classAxis(Tensor output, Tensor targets) {
    boolean last = targets.dim() == 1 || output.size(1) == targets.size(1);
    return last ? -1 : 1;
  }

  private static Tensor meanSquares(Tensor output, Tensor targets) {
    checkNumbers(output, targets);
    return torch.mse_loss(output, targets.reshape(shape(output)).to(output.scalar_type()));
  }

  private static void checkNumbers(Tensor output, Tensor targets) {
    if (output.numel() != targets.numel() || output.size(0) != targets.size(0)) {
      throw mismatch(output, targets);
    }
    Finite.checked(targets, "a target");
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
