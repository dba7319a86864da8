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
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
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
