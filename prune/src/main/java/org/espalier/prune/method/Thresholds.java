package org.espalier.prune.method;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The supports of a {@link SampleRegression} that CHITA's hard thresholds find.
 *
 * @param largest what a threshold keeps
 * @param steps in how many thresholds the budget is reached
 * @param rounds how often weights that are gone may come back for others, at most
 */
record Thresholds(LargestWeights largest, int steps, int rounds) {
  private static final int DOUBLINGS = 6;

  /** Where the first threshold lies on the way: what goes before it is small in any case. */
  private static final double FIRST = 0.25;

  /** To the budget in some thresholds, each of the best weights on the one before. */
  Support descend(SampleRegression problem) {
    var support = new Support(problem);
    for (int step = 1; step <= steps; step++) {
      try (var _ = new PointerScope()) {
        double share = FIRST + (1 - FIRST) * step / steps;
        support.become(largest.of(support.weights(), share));
      }
    }
    return support;
  }

  /** Thresholds after gradient steps, as long as what is solved on their supports gets better. */
  void improve(SampleRegression problem, Support support) {
    double least = support.fit().objective();
    for (int round = 0; round < rounds; round++) {
      try (var _ = new PointerScope()) {
        Tensor gradient = problem.gradient(support.fit());
        double length = shortest(support, gradient);
        Support best = null;
        for (int doubling = 0; doubling < DOUBLINGS && Double.isFinite(length); doubling++) {
          length *= 2;
          Support next = support.copy();
          Tensor moved = support.weights().sub(gradient.mul(new Scalar(length)));
          next.become(largest.of(moved, 1));
          double objective = next.fit().objective();
          if (objective >= least) {
            break;
          }
          least = objective;
          best = next;
        }
        if (best == null) {
          return;
        }
        support.become(best);
      }
    }
  }

  /** The step along the gradient up to which the largest weights are the same. */
  private static double shortest(Support support, Tensor gradient) {
    Tensor kept = support.kept();
    if (!kept.any().item().toBool() || kept.all().item().toBool()) {
      return Double.POSITIVE_INFINITY;
    }
    double smallest = support.weights().masked_select(kept).abs().min().item().toDouble();
    double steepest = gradient.masked_select(kept.logical_not()).abs().max().item().toDouble();
    return smallest / steepest;
  }
}
