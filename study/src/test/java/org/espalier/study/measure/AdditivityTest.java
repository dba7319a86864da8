package org.espalier.study.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.testing.TestData;
import org.espalier.study.report.Progress;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors of layers that add up, by construction or nearly, and those that don't. */
class AdditivityTest {
  private static Findings of(Model model, Dataset data) {
    try (Subject subject = Networks.subject(model, data, data)) {
      return new Additivity().of(subject);
    }
  }

  /** A column of the table, from the lowest sparsity up. */
  private static double[] column(Findings findings, String name) {
    Findings.Table table = findings.tables().getFirst();
    int column = table.columns().indexOf(name);
    return table.rows().stream().mapToDouble(row -> (double) row.get(column)).toArray();
  }

  @Test
  void errorsOfBranchesSideBySideAddUp() {
    var random = SeededRandom.fresh();
    Model model =
        Networks.branches(
            false, random.gaussian(11, 7), random.gaussian(11, 5), random.gaussian(11, 3));
    Findings found = of(model, Networks.classified(random, 61, 11, 3));
    assertThat(found.number("additiveTo")).isEqualTo(95);
    assertThat(column(found, "departure")).containsExactly(new double[8], within(1e-4));
    double[] sums = column(found, "sum of layers");
    assertThat(column(found, "distortion")).containsExactly(sums, within(1e-4 * sums[7]));
    assertThat(sums[7]).isGreaterThan(sums[0]);
  }

  /** Twice the same error is four times its square, and the sum is two of it. */
  @Test
  void errorsOfTheSameSignDont() {
    var random = SeededRandom.fresh();
    Tensor weight = Tensor.of(new float[] {0.25f, 3}, 2, 1);
    Findings found =
        of(Networks.branches(true, weight, weight.copy()), Networks.classified(random, 61, 2, 2));
    assertThat(column(found, "distortion")[0]).as("both weights stay").isZero();
    assertThat(column(found, "departure")[0]).isZero();
    assertThat(column(found, "departure")[7]).isCloseTo(0.5, within(1e-4));
    assertThat(column(found, "worst example's")[7]).isCloseTo(0.5, within(1e-4));
    assertThat(found.number("additiveTo")).isLessThan(90);
  }

  @Test
  void oneLayerHasNothingToBeAddedTo() {
    var random = SeededRandom.fresh();
    Model model = Networks.linear(random.gaussian(5, 3), random.gaussian(3));
    assertThatThrownBy(() -> of(model, Networks.classified(random, 20, 5, 3)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("additivity needs two layers that can be pruned, or more");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lenet5-mnist", "mlpnet-mnist"})
  void smallAmountsAddUpOnTrainedNetworksAndLargeOnesDont(String name) throws IOException {
    Model model = Onnx.read(TestData.of("trained", name + ".onnx"));
    var data = Datasets.open(TestData.of("mnist").toString());
    try (var subject = new Subject("dense", model, data, new Settings(128, 64, 0, Progress.NONE))) {
      Findings found = new Additivity().of(subject);
      double[] departures = column(found, "departure");
      assertThat(departures[0]).isLessThan(0.2);
      assertThat(departures[1]).isLessThan(0.2);
      assertThat(departures[7]).isGreaterThan(0.2);
      assertThat(found.number("additiveTo")).isBetween(10.0, 90.0);
    }
  }
}
