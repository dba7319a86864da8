package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Constants;
import org.espalier.graph.DataType;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Observation;
import org.junit.jupiter.api.Test;

/** Hidden units of a perceptron whose loss is the sum of its outputs. */
class BatchTaylorTest {
  private static final int INPUTS = 5;
  private static final int UNITS = 6;
  private static final int OUTPUTS = 3;

  private final SeededRandom random = SeededRandom.fresh();
  private final Tensor first = random.gaussian(UNITS, INPUTS);
  private final Tensor second = random.gaussian(OUTPUTS, UNITS);
  private Tensor biases = Tensor.allocate(DataType.FLOAT, UNITS);

  private double[] scores(Tensor examples, int batch) {
    Observation summed =
        Observation.USUAL.withObjective((forward, targets) -> forward.output().sum());
    return scores(Calibration.of("x", examples, null, batch), summed);
  }

  private Model model() {
    GraphBuilder builder = GraphBuilder.of("mlp", 1);
    Model built =
        builder
            .output("y", builder.input("x", INPUTS).linear("a", UNITS).relu().linear("b", OUTPUTS))
            .build();
    return built.withGraph(
        Constants.replace(
            built.graph(), Map.of("a.weight", first, "a.bias", biases, "b.weight", second)));
  }

  private double[] scores(Calibration data, Observation how) {
    Coupling coupling = Coupling.of(model());
    Group group = coupling.groups().getFirst();
    Set<String> weights = Set.of("a.weight", "b.weight");
    try (Evidence evidence = Evidence.of(coupling.model(), weights, data, how)) {
      return new BatchTaylor().score(group, Subject.of(coupling, evidence, 0));
    }
  }

  /** What a unit adds to the loss, which is linear in the unit: its removal's exact change. */
  private double share(Tensor examples, int from, int to, int unit) {
    double out = 0;
    for (int k = 0; k < OUTPUTS; k++) {
      out += second.realAt(k * UNITS + unit);
    }
    double sum = 0;
    for (int n = from; n < to; n++) {
      double in = 0;
      for (int k = 0; k < INPUTS; k++) {
        in += examples.realAt(n * INPUTS + k) * first.realAt(unit * INPUTS + k);
      }
      sum += Math.max(0, in) * out;
    }
    return sum;
  }

  @Test
  void aUnitIsWorthTheMeanSquareOfItsShareInBatches() {
    for (int k = 0; k < OUTPUTS; k++) {
      second.setFloat(k * UNITS + 2, 0); // nobody listens to it
    }
    Tensor examples = random.gaussian(11, INPUTS);
    double[] scores = scores(examples, 4);
    for (int unit = 0; unit < UNITS; unit++) {
      double expected = 0;
      for (int from = 0; from < 11; from += 4) {
        expected += Math.pow(share(examples, from, Math.min(11, from + 4), unit), 2) / 3;
      }
      assertThat(scores[unit]).isCloseTo(expected, within(1e-4 * (1 + expected)));
    }
    assertThat(scores[2]).isZero();
  }

  /** The slope of the loss in a gate behind a unit, by differences, squared. */
  @Test
  void aUnitIsWorthTheSquaredSlopeOfTheLossInItsGate() {
    biases = random.gaussian(UNITS); // of which a unit's weights know nothing
    long[] classes = random.longs(23, 0, OUTPUTS).toArray();
    Calibration data = Calibration.of("x", random.gaussian(23, INPUTS), Tensor.of(classes, 23), 23);
    double[] scores = scores(data, Observation.USUAL);
    double largest = Arrays.stream(scores).max().orElseThrow();
    for (int unit = 0; unit < UNITS; unit++) {
      double slope = (loss(data, unit, 1.01f) - loss(data, unit, 0.99f)) / 0.02;
      assertThat(scores[unit]).isCloseTo(slope * slope, within(0.01 * largest));
    }
  }

  private double loss(Calibration data, int unit, float gate) {
    Tensor before = second.copy();
    for (int k = 0; k < OUTPUTS; k++) {
      second.setFloat(k * UNITS + unit, gate * second.floatAt(k * UNITS + unit));
    }
    double[] loss = new double[1];
    try (Evidence evidence = Evidence.of(model(), Set.of("b.weight"), data)) {
      evidence.forEachBatch(
          (_, inputs, targets) -> loss[0] = evidence.loss(inputs, targets).item().toDouble());
    }
    second.data().copyFrom(before.data());
    return loss[0];
  }
}
