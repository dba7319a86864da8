package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.assertj.core.data.Offset;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.evidence.Need;
import org.junit.jupiter.api.Test;

/** ThiNet's factors against sums written out by hand. */
class RescalingTest {
  private static final int SAMPLES = 31;
  private static final int CHANNELS = 8;
  private final SeededRandom random = SeededRandom.fresh();

  /** [samples, channels]: the part of each output that each channel makes. */
  private final Tensor parts = random.gaussian(SAMPLES, CHANNELS);

  @Test
  void nothingChangesWhereNothingIsGone() {
    assertThat(Rescaling.factors(products(), 0, 1, 2, 3, 4, 5, 6, 7))
        .containsExactly(new double[] {1, 1, 1, 1, 1, 1, 1, 1}, Offset.offset(1e-9));
  }

  @Test
  void noOtherFactorsComeNearer() {
    int[] kept = {0, 3, 4, 7};
    double[] factors = Rescaling.factors(products(), kept);
    double least = error(factors, kept);
    assertThat(least).isLessThan(error(new double[] {1, 1, 1, 1, 1, 1, 1, 1}, kept));
    for (int channel : kept) {
      for (double change : new double[] {-1e-3, 1e-3}) {
        double[] other = factors.clone();
        other[channel] += change;
        assertThat(error(other, kept)).isGreaterThan(least);
      }
    }
  }

  @Test
  void aCopyIsMadeUpForWhole() {
    for (int k = 0; k < SAMPLES; k++) {
      parts.setFloat((long) k * CHANNELS + 5, parts.floatAt((long) k * CHANNELS + 2));
    }
    double[] factors = Rescaling.factors(products(), 0, 1, 2, 3, 4, 6, 7);
    assertThat(factors).containsExactly(new double[] {1, 1, 2, 1, 1, 1, 1, 1}, Offset.offset(1e-6));
  }

  @Test
  void whatChannelsContributeAddsUpToTheOutputs() {
    Model model = Zoo.build("resnet20", random.nextLong());
    Coupling coupling = Coupling.of(model);
    try (var tools = Observing.of(model);
        var seen = tools.evidence().on(coupling.model(), tools.evidence().weights())) {
      seen.gather(Set.of(Need.GRAM));
      Subject subject = Subject.of(coupling, seen, 1);
      Group group = coupling.groups().getLast();
      Member reader = Readers.of(group, subject).getFirst();
      double sum = 0;
      for (double[] row : Contributions.products(group, reader, subject)) {
        for (double product : row) {
          sum += product;
        }
      }
      var weight = subject.weight(reader);
      var gram = seen.gram(reader.weight().value());
      int columns = gram.columns();
      double expected = 0;
      for (int out = 0; out < weight.dim(0); out++) {
        for (int j = 0; j < columns; j++) {
          for (int k = 0; k < columns; k++) {
            expected +=
                weight.realAt((long) out * columns + j)
                    * weight.realAt((long) out * columns + k)
                    * gram.matrix(0).realAt((long) j * columns + k);
          }
        }
      }
      assertThat(sum).isCloseTo(expected, Offset.offset(1e-6 * Math.abs(expected)));
    }
  }

  private double[][] products() {
    double[][] products = new double[CHANNELS][CHANNELS];
    for (int k = 0; k < SAMPLES; k++) {
      for (int c = 0; c < CHANNELS; c++) {
        for (int d = 0; d < CHANNELS; d++) {
          products[c][d] += part(k, c) * part(k, d);
        }
      }
    }
    return products;
  }

  private double part(int sample, int channel) {
    return parts.realAt((long) sample * CHANNELS + channel);
  }

  /** The sum of squares of what the outputs have lost. */
  private double error(double[] factors, int... kept) {
    double sum = 0;
    for (int k = 0; k < SAMPLES; k++) {
      double lost = 0;
      for (int c = 0; c < CHANNELS; c++) {
        lost += part(k, c);
      }
      for (int c : kept) {
        lost -= factors[c] * part(k, c);
      }
      sum += lost * lost;
    }
    return sum;
  }
}
