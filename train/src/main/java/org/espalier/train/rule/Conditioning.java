package org.espalier.train.rule;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.prune.Layer;

/**
 * Weight matrices are to stay well-conditioned, so that no direction of noise is blown up
 * (Lipschitz Constant Meets Condition Number, 2025, arXiv:2503.20454): the loss gets {@code weight
 * * sum of R(W)} with {@code R(W) = ||W||_F^2 / 2n - log det(W^T W + nu I) / 2n}, where n is the
 * smaller side. It is 1/2 where all singular values are one, and grows with their spread.
 *
 * @param nu keeps matrices without full rank finite
 */
public record Conditioning(double weight, double nu) implements Penalty {
  public Conditioning {
    Penalty.check(weight, "nu", nu);
  }

  @Override
  public Tensor of(Layer layer, Tensor weights) {
    return penalty(Matrices.of(layer, weights), nu);
  }

  /** R of a matrix, in float64. */
  static Tensor penalty(Tensor matrix, double nu) {
    Tensor wide = matrix.to(ScalarType.Double);
    Tensor tall = wide.size(0) >= wide.size(1) ? wide : wide.t();
    long n = tall.size(1);
    Tensor gram = tall.t().mm(tall);
    Tensor eye = torch.eye(n, new TensorOptions(ScalarType.Double)).mul(new Scalar(nu));
    Tensor logarithm = torch.linalg_slogdet(gram.add(eye)).get1();
    return gram.trace().sub(logarithm).div(new Scalar(2.0 * n));
  }
}
