package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.assertj.core.data.Offset;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.coupling.Group;
import org.junit.jupiter.api.Test;

/** Scores of channels against sums written out by hand. */
class LiftedTest {
  private static final Offset<Double> CLOSE = Offset.offset(1e-9);
  private final SeededRandom random = SeededRandom.fresh();
  private final Group group = Groups.convNormConv("a", 0, 5);
  private final Map<String, Tensor> weights =
      Map.of(
          "a.w1", random.gaussian(5, 3, 2, 2),
          "a.bias", random.gaussian(5),
          "a.gamma", random.gaussian(5),
          "a.mean", random.gaussian(5),
          "a.w2", random.gaussian(7, 5, 3, 1));
  private final Subject subject = Groups.subject(weights);

  @Test
  void theGroupNormOfDepGraph() {
    double[] expected = new double[5];
    for (int k = 0; k < 5; k++) {
      double sum = square("a.gamma", k);
      for (int i = 0; i < 12; i++) {
        sum += square("a.w1", k * 12 + i);
      }
      for (int o = 0; o < 7; o++) {
        for (int x = 0; x < 3; x++) {
          sum += square("a.w2", (o * 5 + k) * 3 + x);
        }
      }
      expected[k] = sum / 3;
    }
    var lifted = new Lifted(Criterion.squared(), Part.WEIGHTS, Reduction.MEAN, Normalization.NONE);
    assertThat(lifted.score(group, subject)).containsExactly(expected, CLOSE);
  }

  @Test
  void theL1NormOfFiltersLooksAtNothingElse() {
    var lifted = new Lifted(Criterion.absolute(), Part.FILTERS, Reduction.SUM, Normalization.NONE);
    double[] scores = lifted.score(group, subject);
    for (int k = 0; k < 5; k++) {
      double sum = 0;
      for (int i = 0; i < 12; i++) {
        sum += Math.abs(weights.get("a.w1").floatAt(k * 12 + i));
      }
      assertThat(scores[k]).isCloseTo(sum, CLOSE);
    }
  }

  @Test
  void scalesAreThoseOfNormalisations() {
    var lifted = new Lifted(Criterion.absolute(), Part.SCALES, Reduction.SUM, Normalization.NONE);
    assertThat(lifted.silence(group, subject)).isEmpty();
    assertThat(lifted.score(group, subject)[3])
        .isCloseTo(Math.abs(weights.get("a.gamma").floatAt(3)), CLOSE);
  }

  @Test
  void normalisationsKeepTheOrderAndSetTheScale() {
    double[] scores = {4, 1, 3, 2};
    assertThat(Normalization.MEAN.of(scores))
        .containsExactly(new double[] {1.6, .4, 1.2, .8}, CLOSE);
    assertThat(Normalization.MAX.of(scores)).containsExactly(new double[] {1, .25, .75, .5}, CLOSE);
    assertThat(Normalization.SUM.of(scores)).containsExactly(new double[] {.4, .1, .3, .2}, CLOSE);
    assertThat(Normalization.LAMP.of(scores))
        .containsExactly(new double[] {1, .1, 3.0 / 7, 2.0 / 9}, CLOSE);
    double deviation = Math.sqrt(1.25);
    assertThat(Normalization.STANDARD.of(scores))
        .containsExactly(
            new double[] {1.5 / deviation, -1.5 / deviation, .5 / deviation, -.5 / deviation},
            CLOSE);
    assertThat(Normalization.MEAN.of(new double[] {0, 0})).containsExactly(0, 0);
  }

  @Test
  void reductionsOverWeights() {
    double[][] slices = {{1, 5}, {4, 2}};
    assertThat(Reduction.SUM.of(slices)).containsExactly(5, 7);
    assertThat(Reduction.MEAN.of(slices)).containsExactly(2.5, 3.5);
    assertThat(Reduction.MAX.of(slices)).containsExactly(4, 5);
    assertThat(Reduction.PRODUCT.of(slices)).containsExactly(4, 10);
    assertThat(Reduction.FIRST.of(slices)).containsExactly(1, 5);
  }

  @Test
  void theGeometricMedianIsWhatBruteForceSays() {
    double[] scores = new GeometricMedian().score(group, subject);
    for (int k = 0; k < 5; k++) {
      double sum = 0;
      for (int j = 0; j < 5; j++) {
        double squared = 0;
        for (int i = 0; i < 12; i++) {
          double difference =
              weights.get("a.w1").floatAt(k * 12 + i) - weights.get("a.w1").floatAt(j * 12 + i);
          squared += difference * difference;
        }
        sum += Math.sqrt(squared);
      }
      assertThat(scores[k]).isCloseTo(sum, Offset.offset(1e-5));
    }
  }

  @Test
  void ofTwinsAndAStrangerATwinGoesFirst() {
    float[][] rows = {{1, 0}, {1, 0}, {0, 9}};
    double[] scores = GeometricMedian.distances(rows);
    assertThat(scores[0]).isEqualTo(scores[1]).isLessThan(scores[2]);
    float[][] moved = {{11, 10}, {11, 10}, {10, 19}};
    assertThat(GeometricMedian.distances(moved)).containsExactly(scores, Offset.offset(1e-5));
  }

  private double square(String weight, int index) {
    double value = weights.get(weight).floatAt(index);
    return value * value;
  }
}
