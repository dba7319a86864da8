package org.espalier.prune.method;

import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The supports of a {@link SampleRegression} that hard thresholds find.
 *
 * @param largest what a threshold keeps
 * @param skipped the share of the way to the budget that lies before the first threshold
 * @param steps in how many thresholds the budget is reached
 */
record Thresholds(LargestWeights largest, double skipped, int steps) {
  private static final int DOUBLINGS = 6;

  /** To the budget in some thresholds, each of the best weights on the one before. */
  Support descend(SampleRegression problem) {
    return descend(problem, _ -> {});
  }

  /**
   * The same.
   *
   * @param before called before each threshold, in a pointer scope of its own
   */
  Support descend(SampleRegression problem, Consumer<Support> before) {
    var support = new Support(problem);
    for (int step = 1; step <= steps; step++) {
      try (var _ = new PointerScope()) {
        before.accept(support);
        double share = skipped + (1 - skipped) * step / steps;
        support.become(largest.of(support.weights(), share));
      }
    }
    return support;
  }

  /**
   * Thresholds after gradient steps, as long as what is solved on their supports gets better.
   *
   * @param rounds how often weights that are gone may come back for others, at most
   */
  void improve(SampleRegression problem, Support support, int rounds) {
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
