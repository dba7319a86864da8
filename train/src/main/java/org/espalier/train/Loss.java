package org.espalier.train;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.InvalidInputException;

/** How far a model's output is from its targets: a number to be made small. */
public sealed interface Loss {
  /**
   * The mean over a batch, with autograd history.
   *
   * @param output the model's first output
   * @param targets of a dataset: INT64 classes, or FLOAT numbers
   */
  Tensor of(Tensor output, Tensor targets);

  /**
   * The cross-entropy of the softmax of logits. Classes are the last axis of [n, classes] and of a
   * language model's [n, tokens, classes], and the second of [n, classes, height, width].
   *
   * @param smoothing the share of each target that is spread over all classes evenly (Szegedy et
   *     al., 2016)
   */
  record CrossEntropy(double smoothing) implements Loss {
    private static final long IGNORED = -100;
    private static final long MEAN = 1;

    public CrossEntropy {
      if (!(smoothing >= 0 && smoothing < 1)) {
        throw new InvalidInputException(
            "a label smoothing of " + smoothing + ", expected 0 up to but not 1");
      }
    }

    @Override
    public Tensor of(Tensor output, Tensor targets) {
      Tensor logits = output;
      Tensor labels = targets;
      if (isLast(output, targets)) {
        logits = output.reshape(-1, output.size(-1));
        labels = targets.reshape(-1);
      } else if (!isSecond(output, targets)) {
        throw mismatch("cross-entropy", output, targets);
      }
      return torch.cross_entropy_loss(
          logits, labels, new TensorOptional(), MEAN, IGNORED, smoothing);
    }

    private static boolean isLast(Tensor output, Tensor targets) {
      long[] wanted = shape(targets);
      long[] given = shape(output);
      return given.length == wanted.length + 1
          && Arrays.equals(given, 0, wanted.length, wanted, 0, wanted.length);
    }

    private static boolean isSecond(Tensor output, Tensor targets) {
      long[] wanted = shape(targets);
      long[] given = shape(output);
      return given.length == wanted.length + 1
          && given[0] == wanted[0]
          && Arrays.equals(given, 2, given.length, wanted, 1, wanted.length);
    }
  }

  /** The mean of squared differences. */
  record MeanSquares() implements Loss {
    @Override
    public Tensor of(Tensor output, Tensor targets) {
      if (output.numel() != targets.numel() || output.size(0) != targets.size(0)) {
        throw mismatch("mean squares", output, targets);
      }
      return torch.mse_loss(output, targets.reshape(shape(output)));
    }
  }

  private static long[] shape(Tensor tensor) {
    long[] shape = new long[Math.toIntExact(tensor.dim())];
    for (int axis = 0; axis < shape.length; axis++) {
      shape[axis] = tensor.size(axis);
    }
    return shape;
  }

  private static InvalidInputException mismatch(String loss, Tensor output, Tensor targets) {
    return new InvalidInputException(
        "%s: the model gives %s for targets %s"
            .formatted(loss, Arrays.toString(shape(output)), Arrays.toString(shape(targets))));
  }
}
