package org.espalier.prune.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.BitSet;
import java.util.stream.IntStream;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Nets;
import org.espalier.prune.OneLayer;
import org.espalier.prune.evidence.Evidence;
import org.junit.jupiter.api.Test;

class EqualSlopeTest {
  @Test
  void theDistortionIsTheQuadraticFormOfTheRankOneFisherMatrix() {
    var random = SeededRandom.fresh();
    Layer layer = Nets.layer("w", random.gaussian(3, 7), true);
    Tensor gradient = random.gaussian(3, 7);
    BitSet kept = new BitSet();
    IntStream.range(0, 21).filter(_ -> random.nextBoolean()).forEach(kept::set);
    Mask mask = Mask.keeping(21, kept);
    double expected = 0;
    for (int i = 0; i < 21; i++) {
      for (int j = 0; j < 21; j++) {
        double left = kept.get(i) ? 0 : -layer.tensor().realAt(i);
        double right = kept.get(j) ? 0 : -layer.tensor().realAt(j);
        double curvature = gradient.realAt(i) * gradient.realAt(j) + (i == j ? 1e-7 : 0);
        expected += left * curvature * right / 2;
        expected += i == j ? left * left * gradient.realAt(i) * gradient.realAt(i) / 21 : 0;
      }
    }
    assertThat(EqualSlope.distortion(layer, gradient, mask))
        .isCloseTo(expected, within(1e-9 * Math.max(1, expected)));
  }

  private static double[] quadratic(double factor) {
    return IntStream.rangeClosed(0, 100)
        .mapToDouble(step -> factor * step * step / 10_000)
        .toArray();
  }

  @Test
  void ofQuadraticCurvesEqualSlopesTakeAmountsInInverseProportion() {
    double[] flat = EqualSlope.slopes(quadratic(1));
    double[] steep = EqualSlope.slopes(quadratic(4));
    for (double slope : new double[] {0.5, 0.8, 1.2, 1.6}) {
      assertThat(EqualSlope.amount(flat, slope)).isCloseTo(slope / 2, within(1e-9));
      assertThat(EqualSlope.amount(steep, slope)).isCloseTo(slope / 8, within(1e-9));
    }
    assertThat(EqualSlope.amount(flat, 100)).isEqualTo(0.95);
  }

  @Test
  void aLargerSlopeNeverLowersAnAmount() {
    var random = SeededRandom.fresh();
    double[] curve =
        IntStream.rangeClosed(0, 100).mapToDouble(_ -> random.nextGaussian()).toArray();
    double[] slopes = EqualSlope.slopes(curve);
    double last = 0;
    for (double slope = -60; slope < 60; slope += 0.37) {
      double amount = EqualSlope.amount(slopes, slope);
      assertThat(amount).isBetween(last, 0.95);
      last = amount;
    }
  }

  @Test
  void outputGradientsAreThoseOfTheMeanSquare() {
    var random = SeededRandom.fresh();
    int rows = 5;
    int columns = 7;
    int examples = 37; // the last batch is smaller
    var one = OneLayer.of(random.gaussian(rows, columns), random.gaussian(examples, columns));
    double[][] gram = one.gram();
    try (Evidence evidence = one.evidence()) {
      Tensor gradient = evidence.outputGradient("w");
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          double sum = 0;
          for (int k = 0; k < columns; k++) {
            sum += one.layer().tensor().realAt(one.layer().index(row, k)) * gram[k][column];
          }
          double expected = 2 * sum / (examples * rows);
          assertThat(gradient.realAt(one.layer().index(row, column)))
              .isCloseTo(expected, within(1e-5));
        }
      }
    }
  }
}
