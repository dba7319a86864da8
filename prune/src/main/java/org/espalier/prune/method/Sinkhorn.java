package org.espalier.prune.method;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.LinearAlgebra;

/**
 * Entropic optimal transport between as many numbers on either side, all of the same weight 1/n,
 * where a number's way costs its squared length (Cuturi, 2013). Sinkhorn's iterations, on
 * logarithms.
 *
 * @param blur the regulariser as a share of the numbers' variance; 0 matches them in order
 * @param iterations at most; few leave the rows' sums inexact, never the columns'
 */
record Sinkhorn(double blur, int iterations) {
  private static final double TOLERANCE = 1e-6;

  Sinkhorn {
    if (!(blur >= 0) || iterations < 1) {
      throw new InvalidInputException(
          "blur %s, %d iterations; expected 0 or more, 1 or more".formatted(blur, iterations));
    }
  }

  /**
   * How much of each source goes to each target.
   *
   * @param sources [n]
   * @param targets [n]
   * @return [n, n], whose rows and columns sum to 1/n
   */
  Tensor plan(Tensor sources, Tensor targets) {
    long n = sources.size(0);
    Scalar variance = sources.sub(sources.mean()).square().mean().item();
    double regulariser = blur * variance.toDouble();
    if (!(regulariser > 0)) {
      return matching(sources, targets);
    }
    Tensor plan = LinearAlgebra.zeros(n, n);
    try (var _ = new PointerScope()) {
      Tensor cost = sources.unsqueeze(1).sub(targets.unsqueeze(0)).square();
      Tensor scaled = cost.div(new Scalar(-regulariser));
      Tensor rows = LinearAlgebra.zeros(n, 1);
      Tensor columns = LinearAlgebra.zeros(1, n);
      var share = new Scalar(-Math.log((double) n));
      for (int iteration = 0; iteration < iterations; iteration++) {
        try (var _ = new PointerScope()) {
          Tensor next = scaled.add(columns).logsumexp(new long[] {1}, true).neg().add(share);
          double change = next.sub(rows).abs().max().item().toDouble();
          rows.copy_(next);
          columns.copy_(scaled.add(rows).logsumexp(new long[] {0}, true).neg().add(share));
          if (change < TOLERANCE) {
            break;
          }
        }
      }
      // The last half step leaves the columns exact, which the regression counts on.
      plan.copy_(torch.exp(scaled.add(rows).add(columns)));
    }
    return plan;
  }

  /** The smallest to the smallest, and so on: what costs least. */
  private static Tensor matching(Tensor sources, Tensor targets) {
    long n = sources.size(0);
    Tensor plan = LinearAlgebra.zeros(n, n);
    Tensor flat = plan.reshape(-1);
    Tensor places =
        sources.argsort(true, 0, false).mul(new Scalar(n)).add(targets.argsort(true, 0, false));
    flat.index_fill_(0, places, new Scalar(1.0 / n));
    return plan;
  }
}
