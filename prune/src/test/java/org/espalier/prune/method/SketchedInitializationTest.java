package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Layer;
import org.espalier.prune.Magnitude;
import org.espalier.prune.Nets;
import org.espalier.prune.OneLayer;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.evidence.Evidence;
import org.junit.jupiter.api.Test;

class SketchedInitializationTest {
  private static int best(Scores scores) {
    int best = 0;
    for (int k = 1; k < scores.size(); k++) {
      best = scores.at(k) > scores.at(best) ? k : best;
    }
    return best;
  }

  @Test
  void aWeightsChanceToBeFirstIsItsShare() {
    Layer layer = Nets.layer("w", Tensor.of(new float[] {1, -4, 0, 2, 3, 0}, 2, 3), false);
    Saliency saliency = new SketchedInitialization().saliency();
    int draws = 20_000;
    int[] first = new int[6];
    for (int draw = 0; draw < draws; draw++) {
      first[best(saliency.score(layer, draw))]++;
    }
    double[] shares = {0.1, 0.4, 0, 0.2, 0.3, 0};
    for (int k = 0; k < shares.length; k++) {
      assertThat((double) first[k] / draws).as("weight %d", k).isCloseTo(shares[k], within(0.02));
    }
    assertThat(first[2] + first[5]).isZero();
  }

  /**
   * A product X w told by one column, drawn in proportion to |w| and the column's norm and divided
   * by its chance, is off by (sum |w_i| |x_i|)^2 - |X w|^2 in the mean of squares: less than with
   * equal chances.
   */
  @Test
  void sketchesOfAProductAreOffAsTheTheorySays() {
    var random = SeededRandom.fresh();
    int columns = 6;
    int examples = 9;
    Tensor x = random.gaussian(examples, columns);
    var one = OneLayer.of(random.gaussian(1, columns), x);
    double[] norms = new double[columns];
    double[] answers = new double[examples];
    double whole = 0;
    for (int n = 0; n < examples; n++) {
      for (int k = 0; k < columns; k++) {
        norms[k] = Math.hypot(norms[k], x.realAt(n * columns + k));
        answers[n] += x.realAt(n * columns + k) * one.layer().tensor().realAt(k);
      }
      whole += answers[n] * answers[n];
    }
    double sum = 0;
    double equal = -whole;
    for (int k = 0; k < columns; k++) {
      double size = Math.abs(one.layer().tensor().realAt(k)) * norms[k];
      sum += size;
      equal += columns * size * size;
    }
    double best = sum * sum - whole;
    int draws = 20_000;
    double mean = 0;
    try (Evidence evidence = one.evidence()) {
      Saliency saliency = new SketchedInitialization(new Wanda(), 1).saliency();
      for (int draw = 0; draw < draws; draw++) {
        int drawn = best(saliency.score(one.layer(), evidence, draw));
        double weight = one.layer().tensor().realAt(drawn);
        double chance = Math.abs(weight) * norms[drawn] / sum;
        for (int n = 0; n < examples; n++) {
          double told = x.realAt(n * columns + drawn) * weight / chance;
          mean += Math.pow(answers[n] - told, 2) / draws;
        }
      }
    }
    assertThat(mean).isCloseTo(best, within(0.05 * sum * sum));
    assertThat(best).isLessThanOrEqualTo(equal);
  }

  @Test
  void withoutChanceTheLargestAreKept() {
    var random = SeededRandom.fresh();
    Layer layer = Nets.layer("w", random.gaussian(7, 11), false);
    Scores drawn = new SketchedInitialization(new Magnitude(), 0).saliency().score(layer, 3);
    Scores magnitudes = Saliency.magnitude().score(layer, 3);
    for (int k = 0; k < layer.size(); k++) {
      assertThat(drawn.at(k)).isEqualTo(magnitudes.at(k));
    }
  }

  @Test
  void aNegativeScoreIsNoChance() {
    Layer layer = Nets.layer("w", 2, 3);
    var method =
        new SketchedInitialization(
            new Scoring((l, evidence, seed) -> Scores.of(l, (row, column, weight) -> -1)), 1);
    assertThatThrownBy(() -> method.saliency().score(layer, 0))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("a score of -1.0 in 'w' is no chance, expected 0 or more");
    assertThatThrownBy(() -> new SketchedInitialization(new Magnitude(), -1))
        .hasMessage("temperature -1.0, expected 0 or more");
  }

  private record Scoring(Saliency saliency) implements org.espalier.prune.ScoringMethod {
    @Override
    public org.espalier.prune.About about() {
      return new Magnitude().about();
    }
  }
}
