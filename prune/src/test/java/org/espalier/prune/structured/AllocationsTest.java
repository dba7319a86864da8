package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

/** Densities by water-filling, allowances by PAGCP's series, ThiNet's greedy order. */
class AllocationsTest {
  @Test
  void layersThatAreNotWholeKeepEquallyManyWeightsAndTheBudgetIsTight() {
    var random = SeededRandom.fresh();
    double[] sizes = random.doubles(9, 1, 1000).toArray();
    double budget = (0.05 + 0.9 * random.nextDouble()) * Arrays.stream(sizes).sum();
    double[] densities = WaterFilling.densities(sizes, budget);
    double kept = 0;
    double level = 0;
    for (int k = 0; k < sizes.length; k++) {
      kept += densities[k] * sizes[k];
      level = Math.max(level, densities[k] * sizes[k]);
    }
    assertThat(kept).isCloseTo(budget, Offset.offset(1e-6));
    for (int k = 0; k < sizes.length; k++) {
      assertThat(densities[k] * sizes[k]).isCloseTo(Math.min(sizes[k], level), Offset.offset(1e-6));
    }
  }

  @Test
  void noGridPointOfThreeLayersIsBetter() {
    double[] sizes = {10, 200, 35};
    double budget = 90;
    double best = logs(WaterFilling.densities(sizes, budget));
    for (double a = 0.01; a <= 1; a += 0.01) {
      for (double b = 0.01; b <= 1; b += 0.01) {
        double c = Math.min(1, (budget - a * sizes[0] - b * sizes[1]) / sizes[2]);
        if (c > 0) {
          assertThat(logs(a, b, c)).isLessThanOrEqualTo(best + 1e-9);
        }
      }
    }
  }

  private static double logs(double... densities) {
    return Arrays.stream(densities).map(Math::log).sum();
  }

  @Test
  void theSeriesOfAllowancesMultipliesToTheWhole() {
    double factor = Sensitivity.factor(13, 0.05, 5);
    assertThat(Sensitivity.product(13, 0.05, factor)).isCloseTo(5, Offset.offset(1e-6));
    assertThat(Sensitivity.factor(13, 0.05, Math.pow(1.05, 13))).isCloseTo(1, Offset.offset(1e-6));
  }

  @Test
  void greedyTakesTheLeastFirstAndCountsWhatIsGone() {
    // x0 and x1 cancel each other; x2 is small by itself.
    double[][] parts = {{3, 0}, {-3, 0}, {0, 1}, {0, 9}};
    double[][] products = new double[4][4];
    for (int c = 0; c < 4; c++) {
      for (int d = 0; d < 4; d++) {
        products[c][d] = parts[c][0] * parts[d][0] + parts[c][1] * parts[d][1];
      }
    }
    assertThat(Contributions.order(products)).containsExactly(0.5, 0.75, 0.25, 1);
  }
}
