package org.espalier.prune.method;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.torch.LinearAlgebra;

/**
 * The inverse of one block of the damped empirical Fisher matrix, {@code lambda I + A^T A / n} with
 * an example's gradient in each row of A [n, b]. Where examples are fewer than the block's weights
 * it's had from A A^T by Woodbury's identity. Tensors belong to the pointer scope around.
 */
final class FisherBlock {
  private final Tensor gradients;
  private final double lambda;
  private final boolean low;
  private final Tensor factor;

  /**
   * Factors a block.
   *
   * @param gradients FLOAT [n, b]; damping of a hundredth of the diagonal is far above the rounding
   *     of products over a block
   */
  FisherBlock(Tensor gradients, double lambda) {
    long samples = gradients.size(0);
    this.lambda = lambda;
    low = samples < gradients.size(1);
    this.gradients = low ? LinearAlgebra.real(gradients) : gradients;
    Tensor matrix =
        low
            ? this.gradients.mm(this.gradients.t())
            : LinearAlgebra.real(gradients.t().mm(gradients));
    matrix.div_(new Scalar((double) samples)).diagonal().add_(new Scalar(lambda));
    factor = LinearAlgebra.cholesky(matrix);
  }

  /** The inverse's diagonal: DOUBLE [b]. */
  Tensor diagonal() {
    if (!low) {
      return torch.cholesky_inverse(factor).diagonal();
    }
    Tensor half = torch.linalg_solve_triangular(factor, gradients, false, true, false);
    Tensor squares = half.square_().sum(0);
    return squares
        .div_(new Scalar((double) -gradients.size(0)))
        .add_(new Scalar(1.0))
        .div_(new Scalar(lambda));
  }

  /** The inverse times a vector: DOUBLE [b]. */
  Tensor times(Tensor vector) {
    if (!low) {
      return torch.cholesky_solve(vector.unsqueeze(1), factor).squeeze(1);
    }
    Tensor inner = torch.cholesky_solve(gradients.mv(vector).unsqueeze(1), factor).squeeze(1);
    Tensor back = gradients.t().mv(inner).div_(new Scalar((double) gradients.size(0)));
    return vector.sub(back).div_(new Scalar(lambda));
  }
}
