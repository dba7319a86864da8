package org.espalier.torch;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.InvalidInputException;

/**
 * Symmetric positive definite matrices in float64, outside of the Java heap. What is given is never
 * changed unless a method says so; what is answered belongs to the pointer scope around.
 */
public final class LinearAlgebra {
  /** How often damping is multiplied by ten where a matrix isn't positive definite yet. */
  private static final int ATTEMPTS = 8;

  /** How many rows of a triangle are made at a time. */
  private static final long STRIP = 128;

  private LinearAlgebra() {}

  /** A tensor in float64: a copy, or itself where it's float64 already. */
  public static Tensor real(Tensor tensor) {
    return tensor.to(ScalarType.Double);
  }

  /**
   * A symmetric matrix made safe to invert: {@code share} of the mean of its diagonal is added to
   * the diagonal. Inputs that were always zero have a row of zeros, and get a one there.
   */
  public static Tensor damped(Tensor matrix, double share) {
    Tensor damped = real(matrix).clone();
    damp(damped, share);
    return damped;
  }

  private static void damp(Tensor matrix, double share) {
    Tensor diagonal = matrix.diagonal();
    double mean = mean(diagonal);
    diagonal.masked_fill_(diagonal.eq(new Scalar(0.0)), new Scalar(1.0));
    diagonal.add_(new Scalar(share * mean));
  }

  private static double mean(Tensor diagonal) {
    double mean = diagonal.mean().item().toDouble();
    if (!Double.isFinite(mean)) {
      throw new InvalidInputException(
          "a matrix with %s on its diagonal: the calibration data or the model's values are not"
                  .formatted(mean)
              + " finite");
    }
    return mean;
  }

  /**
   * The lower triangular L with L L^T = matrix. Where the matrix isn't positive definite, because
   * there were fewer observations than unknowns, the smallest damping that helps is added.
   */
  public static Tensor cholesky(Tensor matrix) {
    Tensor damped = matrix;
    // LAPACK takes NaN for positive.
    double mean = Math.max(mean(matrix.diagonal()), Double.MIN_NORMAL);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      T_TensorTensor_T tried = torch.linalg_cholesky_ex(damped, false, false);
      if (tried.get1().item().toLong() == 0) {
        return new Tensor(tried.get0()); // the pair's own goes with the pair
      }
      damped = matrix.clone();
      damped.diagonal().add_(new Scalar(mean * 1e-8 * Math.pow(10, attempt)));
    }
    throw new InvalidInputException(
        "a matrix of %d rows is not positive definite, even when damped: are the calibration data"
                .formatted(matrix.size(0))
            + " finite?");
  }

  /**
   * The upper triangular R with R R^T = the matrix, {@linkplain #damped damped}; its inverse U has
   * U^T U = the damped matrix's inverse. At most three matrices are held beside the given one, and
   * one in the end.
   */
  public static Tensor upperFactor(Tensor matrix, double share) {
    Tensor factor = zeros(matrix.size(0), matrix.size(1));
    try (var _ = new PointerScope()) {
      Tensor flipped = real(matrix).flip(0, 1);
      damp(flipped, share);
      factor.copy_(cholesky(flipped).flip(0, 1));
    }
    return factor;
  }

  /** The inverse of a positive definite matrix. */
  public static Tensor inverse(Tensor matrix) {
    return torch.cholesky_inverse(cholesky(matrix));
  }

  /**
   * X^T X on and below its diagonal, in X's own type: all that a factorisation looks at, for not
   * much more than half of the work. What stands above means nothing.
   *
   * @param rows X [n, columns]
   */
  public static Tensor lowerGram(Tensor rows) {
    long size = rows.size(1);
    Tensor gram = torch.zeros(new long[] {size, size}, rows.options());
    for (long first = 0; first < size; first += STRIP) {
      try (var _ = new PointerScope()) {
        long count = Math.min(STRIP, size - first);
        Tensor strip = rows.narrow(1, first, count).t().mm(rows.narrow(1, 0, first + count));
        gram.narrow(0, first, count).narrow(1, 0, first + count).copy_(strip);
      }
    }
    return gram;
  }

  /** X with matrix X = right, for a positive definite matrix and right sides in columns. */
  public static Tensor solve(Tensor matrix, Tensor right) {
    return torch.cholesky_solve(real(right), cholesky(matrix));
  }

  /** A matrix of zeros in float64. */
  public static Tensor zeros(long... shape) {
    return torch.zeros(shape, new TensorOptions(ScalarType.Double));
  }
}
