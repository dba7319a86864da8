package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.espalier.graph.build.Conv.kernel;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.evidence.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedundancyTest {
  private final SeededRandom random = SeededRandom.fresh();

  private double[][] rows(int count, int length) {
    double[][] rows = new double[count][];
    for (int k = 0; k < count; k++) {
      rows[k] = IntStream.range(0, length).mapToDouble(_ -> random.nextGaussian()).toArray();
    }
    return rows;
  }

  private static double[] times(double[] row, double factor) {
    return Arrays.stream(row).map(value -> factor * value).toArray();
  }

  private static int lowest(double[] scores) {
    return IntStream.range(0, scores.length)
        .reduce((a, b) -> scores[b] < scores[a] ? b : a)
        .getAsInt();
  }

  @Test
  void ofTwinsTheSmallerGoesFirst() {
    double[][] rows = rows(7, 5);
    double[] biases = rows(1, 7)[0];
    rows[4] = times(rows[1], 0.5);
    biases[4] = biases[1];
    double[] scores = new Redundancy(0.05, false).scores(rows, biases);
    assertThat(lowest(scores)).isEqualTo(4);
    assertThat(scores[4]).isCloseTo(0, within(1e-12));
    assertThat(scores).doesNotContain(Double.NaN);
  }

  @Test
  void aNegatedTwinBendsElsewhereUnlessTheBiasIsNegatedToo() {
    double[][] rows = rows(6, 5);
    double[] biases = rows(1, 6)[0];
    rows[3] = times(rows[0], -1);
    biases[3] = biases[0];
    assertThat(new Redundancy(0.05, false).scores(rows, biases)[0]).isCloseTo(0, within(1e-12));
    var geometric = new Redundancy(10, true);
    double[] apart = geometric.scores(rows, biases);
    assertThat(Math.min(apart[0], apart[3])).isGreaterThan(1e-3);
    biases[3] = -biases[0];
    double[] same = geometric.scores(rows, biases);
    assertThat(Math.min(same[0], same[3])).isCloseTo(0, within(1e-12));
  }

  @Test
  void aScaleIsNotSeenWithoutBiases() {
    double[][] rows = rows(11, 4);
    double[] biases = new double[11];
    var saliency = new Redundancy(0, false);
    double nearest = Arrays.stream(saliency.scores(rows, biases)).min().getAsDouble();
    for (int k = 0; k < rows.length; k++) {
      rows[k] = times(rows[k], random.nextDouble(0.2, 5));
    }
    // Which channel of a pair goes depends on the norms, and with it what is left.
    assertThat(Arrays.stream(saliency.scores(rows, biases)).min().getAsDouble())
        .isCloseTo(nearest, within(1e-12));
  }

  /** The distance of two is the same both ways, so that scores go with channels. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theOrderOfChannelsDoesntMatter(boolean geometric) {
    int count = 13;
    double[][] rows = rows(count, 3);
    double[] biases = rows(1, count)[0];
    var saliency = new Redundancy(0.05, geometric);
    double[] scores = saliency.scores(rows, biases);
    double[][] turned = new double[count][];
    double[] others = new double[count];
    for (int k = 0; k < count; k++) {
      turned[count - 1 - k] = rows[k];
      others[count - 1 - k] = biases[k];
    }
    double[] found = saliency.scores(turned, others);
    for (int k = 0; k < count; k++) {
      assertThat(found[count - 1 - k]).isCloseTo(scores[k], within(1e-12));
    }
  }

  @Test
  void aFilterThatIsZeroGoesFirst() {
    double[][] rows = rows(5, 3);
    rows[2] = new double[3];
    double[] scores = new Redundancy(0.05, false).scores(rows, new double[5]);
    assertThat(scores[2]).isZero();
    assertThat(lowest(scores)).isEqualTo(2);
  }

  @Test
  void batchNormalisationIsPartOfTheHyperplane() {
    int units = 5;
    Tensor weight = random.gaussian(units, 3, 1, 1);
    Tensor bias = random.gaussian(units);
    Tensor scale = random.gaussian(units);
    Tensor shift = random.gaussian(units);
    Tensor mean = random.gaussian(units);
    Tensor variance = random.gaussian(units);
    for (int k = 0; k < units; k++) {
      scale.setFloat(k, 0.5f + Math.abs(scale.floatAt(k)));
      variance.setFloat(k, 0.5f + Math.abs(variance.floatAt(k)));
    }
    // Unit 3 bends where unit 1 does, once normalised.
    double[] factors = new double[units];
    for (int k = 0; k < units; k++) {
      factors[k] = scale.floatAt(k) / Math.sqrt(variance.floatAt(k) + 1e-5);
    }
    for (int k = 0; k < 3; k++) {
      weight.setFloat(9 + k, weight.floatAt(3 + k));
    }
    double offset = factors[1] * (bias.floatAt(1) - mean.floatAt(1)) + shift.floatAt(1);
    bias.setFloat(3, (float) ((offset - shift.floatAt(3)) / factors[3] + mean.floatAt(3)));
    GraphBuilder builder = GraphBuilder.of("net", 1);
    Model built =
        builder
            .output(
                "y",
                builder
                    .input("x", 3, 4, 4)
                    .conv("a", units, kernel(1).biased())
                    .batchNorm("n")
                    .relu()
                    .conv("b", 2, kernel(1)))
            .build();
    Map<String, Tensor> ours =
        Map.of(
            "n.weight",
            scale,
            "n.bias",
            shift,
            "n.running_mean",
            mean,
            "n.running_var",
            variance,
            "a.weight",
            weight,
            "a.bias",
            bias);
    Model model = built.withGraph(Constants.replace(built.graph(), ours));
    Coupling coupling = Coupling.of(model);
    Group group = coupling.groups().getFirst();
    assertThat(group.size()).isEqualTo(units);
    double[] scores =
        new Redundancy(0.05, false).score(group, Subject.of(coupling, Evidence.NONE, 0));
    assertThat(Math.min(scores[1], scores[3])).isCloseTo(0, within(1e-6));
  }
}
