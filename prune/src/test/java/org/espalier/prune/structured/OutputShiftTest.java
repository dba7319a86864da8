package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Set;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.junit.jupiter.api.Test;

/** Scores of a perceptron's hidden units against the outputs computed by loops. */
class OutputShiftTest {
  private static final int EXAMPLES = 9;
  private static final int INPUTS = 6;
  private static final int UNITS = 7;
  private static final int OUTPUTS = 3;
  private static final int DEAD = 2;
  private static final int CONSTANT = 4;
  private static final int UNREAD = 5;

  private final SeededRandom random = SeededRandom.fresh();
  private final Tensor x = random.gaussian(EXAMPLES, INPUTS);
  private final Tensor first = random.gaussian(UNITS, INPUTS);
  private final Tensor bias = random.gaussian(UNITS);
  private final Tensor second = random.gaussian(OUTPUTS, UNITS);

  @Test
  void aUnitIsWorthHowFarMeanAndSpreadMoveWithoutIt() {
    double[] scores = scores(new OutputShift());
    for (int unit = 0; unit < UNITS; unit++) {
      assertThat(scores[unit]).as("unit %d", unit).isCloseTo(shift(unit, unit + 1), within(1e-4));
    }
    assertThat(scores[DEAD]).isZero();
    assertThat(scores[UNREAD]).isZero();
    double length = 0;
    for (int out = 0; out < OUTPUTS; out++) {
      length = Math.hypot(length, second.floatAt(out * UNITS + CONSTANT));
    }
    assertThat(scores[CONSTANT]).isCloseTo(1.5 * length, within(1e-4));
  }

  @Test
  void blocksShareTheirScoreWherePassesAreLimited() {
    double[] scores = scores(new OutputShift(3));
    for (int unit = 0; unit < UNITS; unit++) {
      int from = unit - unit % 3;
      int to = Math.min(UNITS, from + 3);
      assertThat(scores[unit]).isCloseTo(shift(from, to) / (to - from), within(1e-4));
    }
  }

  private double[] scores(OutputShift saliency) {
    for (int k = 0; k < INPUTS; k++) {
      first.setFloat(DEAD * INPUTS + k, 0);
      first.setFloat(CONSTANT * INPUTS + k, 0);
    }
    for (int k = 0; k < OUTPUTS; k++) {
      second.setFloat(k * UNITS + UNREAD, 0);
    }
    bias.setFloat(DEAD, -1);
    bias.setFloat(CONSTANT, 1.5f);
    GraphBuilder builder = GraphBuilder.of("mlp", 1);
    Model built =
        builder
            .output("y", builder.input("x", INPUTS).linear("a", UNITS).relu().linear("b", OUTPUTS))
            .build();
    Model model =
        built.withGraph(
            Constants.replace(
                built.graph(), Map.of("a.weight", first, "a.bias", bias, "b.weight", second)));
    Coupling coupling = Coupling.of(model);
    Group group = coupling.groups().getFirst();
    assertThat(group.size()).isEqualTo(UNITS);
    Set<String> weights = Set.of("a.weight", "b.weight");
    try (Evidence evidence =
        Evidence.of(coupling.model(), weights, Calibration.of("x", x, null, 4))) {
      Subject subject = Subject.of(coupling, evidence, 0);
      assertThat(saliency.silence(group, subject)).isEmpty();
      return saliency.score(group, subject);
    }
  }

  /** How far the moments move without the units {@code from} to {@code to - 1}. */
  private double shift(int from, int to) {
    double[][] whole = moments(0, 0);
    double[][] less = moments(from, to);
    double mean = 0;
    double deviation = 0;
    for (int out = 0; out < OUTPUTS; out++) {
      mean = Math.hypot(mean, whole[0][out] - less[0][out]);
      deviation = Math.hypot(deviation, whole[1][out] - less[1][out]);
    }
    return mean + deviation;
  }

  private double[][] moments(int from, int to) {
    double[][] moments = new double[2][OUTPUTS];
    for (int out = 0; out < OUTPUTS; out++) {
      double[] answers = new double[EXAMPLES];
      for (int example = 0; example < EXAMPLES; example++) {
        for (int unit = 0; unit < UNITS; unit++) {
          if (unit < from || unit >= to) {
            answers[example] += second.floatAt(out * UNITS + unit) * activation(example, unit);
          }
        }
        moments[0][out] += answers[example] / EXAMPLES;
      }
      for (double answer : answers) {
        double beyond = answer - moments[0][out];
        moments[1][out] += beyond * beyond / EXAMPLES;
      }
      moments[1][out] = Math.sqrt(moments[1][out]);
    }
    return moments;
  }

  private double activation(int example, int unit) {
    double sum = bias.floatAt(unit);
    for (int k = 0; k < INPUTS; k++) {
      sum += first.floatAt(unit * INPUTS + k) * x.floatAt(example * INPUTS + k);
    }
    return Math.max(0, sum);
  }
}
