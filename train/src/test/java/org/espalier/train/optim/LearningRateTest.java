package org.espalier.train.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Schedules as the numbers they must give. */
final class LearningRateTest {
  private static void assertRates(LearningRate rate, int perEpoch, double... expected) {
    for (int step = 0; step < expected.length; step++) {
      assertThat(rate.at(step, perEpoch, expected.length))
          .as("step %d of %s", step, rate)
          .isCloseTo(expected[step], within(1e-9));
    }
  }

  @Test
  void constant() {
    assertRates(new LearningRate.Constant(0.3), 2, 0.3, 0.3, 0.3);
  }

  @Test
  void stepwise() {
    assertRates(
        new LearningRate.Stepwise(1, List.of(1, 3), 0.1), 2, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01);
  }

  @Test
  void cosine() {
    assertRates(new LearningRate.Cosine(1, 0), 2, 1, 0.853553390593, 0.5, 0.146446609407);
    assertRates(new LearningRate.Cosine(1, 0.5), 2, 1, 0.926776695297, 0.75, 0.573223304703);
  }

  @Test
  void warmUpThenCosine() {
    var rate = new LearningRate.WarmUp(1.5, new LearningRate.Cosine(1, 0));
    assertRates(rate, 2, 0.25, 0.5, 0.75, 1, 0.853553390593, 0.5, 0.146446609407);
  }

  @Test
  void restartsGoThroughAnotherAgainAndAgain() {
    var rate = new LearningRate.Restarts(3, new LearningRate.Cosine(1, 0));
    // 11 steps: cycles of 3, 4 and 4.
    double[] expected = {0, 1 / 3.0, 2 / 3.0, 0, 0.25, 0.5, 0.75, 0, 0.25, 0.5, 0.75};
    for (int step = 0; step < expected.length; step++) {
      assertThat(rate.at(step, 5, 11))
          .isCloseTo((1 + Math.cos(Math.PI * expected[step])) / 2, within(1e-12));
    }
    assertThat(rate.at(0, 1, 1)).isEqualTo(1);
  }
}
