package org.espalier.prune.method;

import java.util.Set;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.About;
import org.espalier.prune.Magnitude;
import org.espalier.prune.RandomStreams;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.evidence.Need;

/**
 * Masks drawn as sketches of a matrix product are (Bar and Giryes, 2023): weights are kept by
 * sampling without replacement, each with a chance in proportion to its score. A score over an
 * exponential variable orders the weights so, and its highest are the sample (the Gumbel-top-k
 * trick, without the logarithm).
 */
public final class SketchedInitialization implements ScoringMethod {
  private final ScoringMethod base;
  private final double temperature;

  /** Chances in proportion to magnitudes, as of a linear model whose inputs are alike. */
  public SketchedInitialization() {
    this(new Magnitude(), 1);
  }

  /**
   * @param base whose scores, none of them negative, are the chances
   * @param temperature how much is left to chance: 0 keeps the highest scores, 1 is the paper's
   */
  public SketchedInitialization(ScoringMethod base, double temperature) {
    if (!(temperature >= 0)) {
      throw new InvalidInputException("temperature " + temperature + ", expected 0 or more");
    }
    this.base = base;
    this.temperature = temperature;
  }

  @Override
  public About about() {
    return About.of(
            "sketch-pai",
            "Pruning at initialization by sketching",
            "Draws the weights to keep, large ones with a larger chance, as sketches of a product"
                + " draw columns; for networks before training, where the largest alone mean"
                + " little.")
        .paper("Bar and Giryes", 2023, "arXiv:2305.17559")
        .patterns("unstructured", "N:M", "block")
        .needs("weights");
  }

  @Override
  public Set<Need> needs() {
    return base.needs();
  }

  @Override
  public Saliency saliency() {
    Saliency chances = base.saliency();
    return (layer, evidence, seed) -> {
      var random = RandomStreams.of(seed, layer.weight());
      Scores scores = chances.score(layer, evidence, seed);
      return Scores.of(
          layer,
          (row, column, _) -> {
            float score = scores.at(layer.index(row, column));
            if (score < 0) {
              throw new InvalidInputException(
                  "a score of %s in '%s' is no chance, expected 0 or more"
                      .formatted(score, layer.weight()));
            }
            double wait = Math.max(random.nextExponential(), Double.MIN_NORMAL);
            return score / Math.pow(wait, temperature);
          });
    };
  }
}
