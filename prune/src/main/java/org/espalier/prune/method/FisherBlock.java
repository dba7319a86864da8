package org.espalier.prune.method;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.torch.LinearAlgebra;

/**
 * The inverse of one block of the damped empirical Fisher matrix, {@code lambda I + A^T A / n} with
 * an example's gradient in each row of A [n, b]. Weights whose gradients are all zero stand for
 * themselves, and examples that say nothing of a block, as a ReLU stops them, add nothing: both are
 * left out of what is factored. Where clearly fewer examples than weights are left, the inverse is
 * had from A A^T by Woodbury's identity.
 *
 * <p>Tensors belong to the pointer scope around, but for what is {@linkplain #keep kept}.
 */
final class FisherBlock implements AutoCloseable {
  /** How many columns of a factor's inverse are made at a time. */
  private static final long STRIP = 128;

  /** Examples to weights where the two forms take as long. */
  private static final double LOW = 0.7;

  private final Tensor gradients;
  private final double lambda;
  private final Tensor examples;
  private final Tensor places;
  private final boolean low;
  private final Tensor factor;
  private boolean kept;

  /**
   * Factors a block.
   *
   * @param gradients FLOAT [n, b]; damping of a hundredth of the diagonal is far above the rounding
   *     of products over a block. They are looked at again, and may be a view
   * @param standing BOOL [b]: which weights take part
   */
  FisherBlock(Tensor gradients, Tensor standing, double lambda) {
    this.gradients = gradients;
    this.lambda = lambda;
    Tensor speaks = gradients.mul(standing).ne(new Scalar(0.0));
    places = speaks.any(0).nonzero().reshape(-1);
    examples = speaks.any(1).nonzero().reshape(-1);
    low = examples.numel() < LOW * places.numel();
    Tensor matrix =
        low
            ? LinearAlgebra.lowerGram(real().t())
            : LinearAlgebra.real(LinearAlgebra.lowerGram(live()));
    matrix.div_(new Scalar((double) gradients.size(0))).diagonal().add_(new Scalar(lambda));
    factor = places.numel() == 0 ? matrix : LinearAlgebra.cholesky(matrix);
  }

  private Tensor live() {
    return gradients.index_select(0, examples).index_select(1, places);
  }

  private Tensor real() {
    return LinearAlgebra.real(live());
  }

  /** Keeps it beyond the pointer scope around, until it's closed. */
  void keep() {
    gradients.retainReference();
    examples.retainReference();
    places.retainReference();
    factor.retainReference();
    kept = true;
  }

  @Override
  public void close() {
    if (kept) {
      gradients.releaseReference();
      examples.releaseReference();
      places.releaseReference();
      factor.releaseReference();
    }
  }

  /** The inverse's diagonal: DOUBLE [b]. */
  Tensor diagonal() {
    Tensor diagonal = LinearAlgebra.zeros(gradients.size(1)).add_(new Scalar(1 / lambda));
    if (places.numel() > 0) {
      diagonal.index_copy_(0, places, low ? diagonalOfLow() : diagonalOfFull());
    }
    return diagonal;
  }

  private Tensor diagonalOfLow() {
    Tensor half = torch.linalg_solve_triangular(factor, real(), false, true, false);
    return half.square_()
        .sum(0)
        .div_(new Scalar((double) -gradients.size(0)))
        .add_(new Scalar(1.0))
        .div_(new Scalar(lambda));
  }

  /** The squared columns of the factor's inverse, which is zero above its own diagonal. */
  private Tensor diagonalOfFull() {
    long size = places.numel();
    Tensor diagonal = LinearAlgebra.zeros(size);
    for (long first = 0; first < size; first += STRIP) {
      long left = size - first;
      long count = Math.min(STRIP, left);
      Tensor strip = LinearAlgebra.zeros(left, count);
      strip.diagonal().fill_(new Scalar(1.0));
      Tensor below = factor.narrow(0, first, left).narrow(1, first, left);
      Tensor columns = torch.linalg_solve_triangular(below, strip, false, true, false);
      diagonal.narrow(0, first, count).copy_(columns.square_().sum(0));
    }
    return diagonal;
  }

  /** The inverse times a vector: DOUBLE [b]. */
  Tensor times(Tensor vector) {
    Tensor result = vector.div(new Scalar(lambda));
    if (places.numel() > 0) {
      result.index_copy_(0, places, timesLive(vector.index_select(0, places)));
    }
    return result;
  }

  private Tensor timesLive(Tensor vector) {
    if (!low) {
      return torch.cholesky_solve(vector.unsqueeze(1), factor).squeeze(1);
    }
    Tensor live = real();
    Tensor inner = torch.cholesky_solve(live.mv(vector).unsqueeze(1), factor).squeeze(1);
    Tensor back = live.t().mv(inner).div_(new Scalar((double) gradients.size(0)));
    return vector.sub(back).div_(new Scalar(lambda));
  }
}
