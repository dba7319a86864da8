package org.espalier.prune.method;

import org.espalier.graph.Tensor;
import org.espalier.prune.About;
import org.espalier.prune.Goal;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.RandomStreams;
import org.espalier.prune.Scores;
import org.espalier.prune.Solution;
import org.espalier.prune.SolvingMethod;
import org.espalier.prune.evidence.Evidence;

/**
 * Pruning that preserves the spectrum (Yao et al., 2023): large weights stay, and of the small ones
 * a sample, each with a chance in proportion to its square, so that the matrix stays near in its
 * singular values. The sample is by priority, w² over a uniform number, the highest of which are
 * kept: exactly as many as asked.
 */
public final class SpectralSampling implements SolvingMethod {
  private final boolean amplified;

  public SpectralSampling() {
    this(false);
  }

  /**
   * @param amplified whether a small weight that is kept is divided by its chance: then the pruned
   *     matrix is the dense one in expectation, at the price of noise
   */
  public SpectralSampling(boolean amplified) {
    this.amplified = amplified;
  }

  @Override
  public About about() {
    return About.of(
            "spectrum-preserving",
            "Spectrum preserving pruning",
            "Keeps large weights and a sample of the small ones, so that a layer's singular values"
                + " stay near; where magnitude alone would take away all of a direction.")
        .paper("Yao et al.", 2023, "arXiv:2307.08982")
        .patterns("unstructured")
        .needs("weights");
  }

  @Override
  public boolean inSequence() {
    return false;
  }

  @Override
  public Solution solve(Layer layer, Goal goal, Evidence evidence) {
    var random = RandomStreams.of(goal.seed(), layer.weight());
    Scores priorities =
        Scores.of(layer, (_, _, weight) -> weight * weight / (1 - random.nextDouble()));
    Mask mask = goal.select(layer, priorities);
    return amplified
        ? Solution.of(amplified(layer, mask, priorities), mask)
        : Solution.masked(layer, mask);
  }

  /** The weights over their chance to be kept: w² over the highest priority that isn't, up to 1. */
  private static Tensor amplified(Layer layer, Mask mask, Scores priorities) {
    double threshold = 0;
    for (int k = 0; k < layer.size(); k++) {
      threshold = mask.keeps(k) ? threshold : Math.max(threshold, priorities.at(k));
    }
    Tensor weights = layer.tensor().copy();
    for (int k = 0; k < layer.size(); k++) {
      double weight = weights.realAt(k);
      if (weight * weight < threshold) {
        weights.setReal(k, weight == 0 ? 0 : threshold / weight);
      }
    }
    return weights;
  }
}
