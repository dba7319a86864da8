package org.espalier.prune.repair;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.Libtorch;

/** Mean and variance of each channel over all that is added, in float64. */
final class Moments {
  private final double[] sums;
  private final double[] squares;
  private long count;

  Moments(int channels) {
    sums = new double[channels];
    squares = new double[channels];
  }

  /** Takes in values [examples, channels, ...]. */
  void add(Tensor value) {
    try (var _ = new PointerScope()) {
      addRows(value.transpose(0, 1).reshape(sums.length, -1));
    }
  }

  /** Takes in values [channels, any number]. */
  void addRows(Tensor value) {
    try (var _ = new PointerScope()) {
      Tensor rows = value.to(ScalarType.Double);
      long[] axis = {1};
      add(rows.sum(axis, false, new ScalarTypeOptional()), sums);
      add(rows.square().sum(axis, false, new ScalarTypeOptional()), squares);
      count += rows.size(1);
    }
  }

  private static void add(Tensor part, double[] to) {
    org.espalier.graph.Tensor values = Libtorch.copy(part);
    for (int k = 0; k < to.length; k++) {
      to[k] += values.realAt(k);
    }
  }

  double[] mean() {
    double[] mean = sums.clone();
    for (int k = 0; k < mean.length; k++) {
      mean[k] /= count;
      if (!Double.isFinite(mean[k])) {
        throw new InvalidInputException(
            "channel %d is %s on average over the calibration data, expected a finite number"
                .formatted(k, mean[k]));
      }
    }
    return mean;
  }

  /** Of a sample, as in training: the sum is divided by one less than the count. */
  double[] variance() {
    double[] variance = squares.clone();
    for (int k = 0; k < variance.length; k++) {
      double mean = sums[k] / count;
      variance[k] = Math.max(0, squares[k] - count * mean * mean) / Math.max(1, count - 1);
    }
    return variance;
  }
}
