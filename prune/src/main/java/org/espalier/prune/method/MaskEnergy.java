package org.espalier.prune.method;

import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.torch.LinearAlgebra;

/**
 * What a choice of weights to prune does to the loss, to the second order: a {@link Qubo} with ones
 * for what is pruned.
 */
final class MaskEnergy {
  /** How much the slope counts against the curvature. */
  private static final double SLOPE = 0.75;

  /** What moves cost in any case, as a share of the mean curvature. */
  private static final double RIDGE = 0.01;

  private MaskEnergy() {}

  /** The empirical Fisher matrix stands for the curvature: gradients are FLOAT [samples, block]. */
  static Qubo of(double[] dense, double[] now, Tensor gradients) {
    int size = dense.length;
    double[] slope = new double[size];
    LinearAlgebra.real(gradients.mean(0)).data_ptr_double().get(slope);
    Tensor fisher = gradients.t().mm(gradients).div_(new Scalar((double) gradients.size(0)));
    double[] products = new double[size * size];
    LinearAlgebra.real(fisher).contiguous().data_ptr_double().get(products);
    double[][] curvature = new double[size][];
    double mean = 0;
    for (int k = 0; k < size; k++) {
      curvature[k] = Arrays.copyOfRange(products, k * size, (k + 1) * size);
      mean += curvature[k][k] / size;
    }
    return of(dense, now, slope, curvature, SLOPE, RIDGE * mean);
  }

  /**
   * How much the loss changes with a mask, where ones are what is pruned: {@code a g.d + d^T H d /
   * 2 + rho |d|^2} for the move d from the weights as they are now to the dense ones under the
   * mask.
   */
  static Qubo of(
      double[] dense, double[] now, double[] slope, double[][] curvature, double a, double rho) {
    int size = dense.length;
    double[][] matrix = new double[size][size];
    double constant = 0;
    for (int i = 0; i < size; i++) {
      double change = now[i] - dense[i];
      double pull = 0;
      for (int j = 0; j < size; j++) {
        pull += curvature[i][j] * (now[j] - dense[j]);
        matrix[i][j] = dense[i] * dense[j] * curvature[i][j] / 2;
      }
      matrix[i][i] += dense[i] * (pull - a * slope[i] + rho * (2 * change + dense[i]));
      constant += change * (pull / 2 - a * slope[i] + rho * change);
    }
    return new Qubo(matrix, constant);
  }
}
