package org.espalier.study.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Recipe;
import org.espalier.study.measure.Measurements.Found;
import org.espalier.study.measure.Measurements.Of;
import org.espalier.study.report.Progress;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingProgress;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.Splits;
import org.espalier.train.data.TensorDataset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** All measurements together on one trained network and what is left of it. */
class MeasurementsTest {
  private static final Settings SETTINGS = new Settings(120, 40, 0, Progress.NONE);

  private static Splits data;
  private static Model dense;
  private static Model pruned;

  @BeforeAll
  static void networks() throws IOException {
    Splits all = Datasets.open(Datasets.EMBEDDED);
    data =
        new Splits(
            "embedded",
            Optional.of(all.train().slice(0, 2000)),
            Optional.of(all.test().slice(0, 300)));
    dense =
        new Trainer(Zoo.build("mlpnet", 1), TrainingOptions.usual(2))
            .train(data.train(), Optional.empty(), TrainingProgress.SILENT)
            .model();
    pruned = Recipe.named("magnitude").sparsity(0.95).apply(dense).model();
  }

  private static Measurements measured(List<String> names, Model after) {
    return Measurements.of(names, dense, Optional.ofNullable(after), data, SETTINGS);
  }

  private static Findings of(Measurements measured, String name, Of of) {
    return measured.findings().stream()
        .filter(found -> found.name().equals(name) && found.of() == of)
        .map(Found::findings)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void allAreMeasuredAndSayTheSameAgain() {
    Measurements all = measured(List.of("all"), pruned);
    assertThat(all.skipped()).isEmpty();
    assertThat(all.findings())
        .extracting(Found::name)
        .containsAll(Measurements.ALL.stream().map(Measurement::name).toList());
    assertThat(all.findings())
        .allSatisfy(
            found ->
                assertThat(found.findings().numbers().values())
                    .as(found.name())
                    .isNotEmpty()
                    .allMatch(number -> Double.isFinite(number)));
    assertThat(of(all, "calibration", Of.DENSE).number("accuracy"))
        .isEqualTo(of(all, "corruption", Of.DENSE).number("clean"))
        .isEqualTo(of(all, "membership", Of.DENSE).number("testAccuracy"))
        .isGreaterThan(of(all, "calibration", Of.PRUNED).number("accuracy"));
    Findings attacks = of(all, "adversarial", Of.DENSE);
    assertThat(attacks.number("pgd8")).isLessThanOrEqualTo(attacks.number("clean"));
    assertThat(of(all, "disparate-impact", Of.BOTH).number("largestExcessGap")).isPositive();
    assertThat(of(all, "mask-overlap", Of.BOTH).number("density")).isCloseTo(5, within(0.1));
    assertThat(of(all, "three-regime", Of.BOTH).number("lmc"))
        .isEqualTo(of(all, "connectivity", Of.BOTH).number("lmc"));
    assertThat(of(all, "three-regime", Of.BOTH).number("cka"))
        .isEqualTo(of(all, "cka", Of.BOTH).number("cka"));
    assertThat(of(all, "hessian-trace", Of.DENSE).number("trace")).isPositive();
    Findings curve = of(all, "essential-sparsity", Of.DENSE);
    assertThat(curve.number("essentialSparsity"))
        .isGreaterThan(curve.number("essentialSparsityOfRandom"));
    assertThat(of(all, "activation-variance", Of.BOTH).number("least")).isLessThan(1);
    List<String> quick =
        Measurements.ALL.stream()
            .map(Measurement::name)
            .filter(name -> !List.of("essential-sparsity", "hessian-trace").contains(name))
            .toList();
    assertThat(measured(quick, pruned).findings())
        .isEqualTo(all.findings().stream().filter(found -> quick.contains(found.name())).toList());
  }

  /** Examples with labels drawn by chance can only be learned by heart. */
  @Test
  void whoLearnedByHeartIsFoundOut() throws IOException {
    var random = SeededRandom.of(7);
    Dataset members = Networks.classified(random, 150, 30, 3);
    Dataset others = Networks.classified(random, 150, 30, 3);
    var splits = new Splits("chance", Optional.of(members), Optional.of(others));
    Model fresh = Networks.perceptron(random, 30, 60, 3);
    Model learned =
        new Trainer(fresh, TrainingOptions.usual(400).withBatch(30))
            .train(members, Optional.empty(), TrainingProgress.SILENT)
            .model();
    for (String attacker : List.of("membership", "learned-membership")) {
      assertThat(attack(attacker, fresh, splits)).as(attacker).isCloseTo(50, within(12.0));
      assertThat(attack(attacker, learned, splits)).as(attacker).isGreaterThan(70);
    }
  }

  private static double attack(String attacker, Model model, Splits splits) {
    Measurements measured =
        Measurements.of(List.of(attacker), model, Optional.empty(), splits, SETTINGS);
    return of(measured, attacker, Of.DENSE).number("attackAccuracy");
  }

  @Test
  void whatNeedsTwoIsSkippedWhereThereIsOne() {
    assertThatThrownBy(() -> measured(List.of("agreement"), null))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("agreement compares two networks, and one was given");
    assertThatThrownBy(() -> measured(List.of("calibrate"), null))
        .hasMessageContaining("no measurement 'calibrate'; there are all, essential-sparsity");
    Measurements one = measured(List.of("calibration", "pq-index"), null);
    assertThat(one.findings()).extracting(Found::of).containsOnly(Of.DENSE);
  }

  @Test
  void aRegressionHasNoCalibrationButACurve() {
    var random = SeededRandom.of(5);
    Dataset numbers =
        TensorDataset.regression(random.gaussian(40, 5), Tensor.of(new float[40], 40, 1));
    Model net = Networks.perceptron(random, 5, 7, 1);
    var splits = new Splits("numbers", Optional.of(numbers), Optional.of(numbers));
    for (String name : List.of("calibration", "membership", "corruption", "adversarial")) {
      assertThatThrownBy(
              () -> Measurements.of(List.of(name), net, Optional.empty(), splits, SETTINGS))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage(name + " needs targets that are classes, and these are real numbers");
    }
    Measurements all = Measurements.of(List.of("all"), net, Optional.of(net), splits, SETTINGS);
    assertThat(all.findings())
        .extracting(Found::name)
        .contains("essential-sparsity", "pq-index", "hessian-eigenvalues", "connectivity");
    assertThat(all.skipped())
        .extracting(Measurements.Skipped::name)
        .contains("calibration", "psp-entropy", "three-regime");
  }

  @Test
  void thePageListsThemAll() throws IOException {
    Path page = Path.of(System.getProperty("espalier.root", "..")).resolve("docs/measure.md");
    assertThat(Files.readAllLines(page).stream().filter(line -> line.startsWith("| `")))
        .extracting(line -> line.substring(3, line.indexOf('`', 3)))
        .containsExactlyElementsOf(Measurements.ALL.stream().map(Measurement::name).toList());
  }

  @Test
  void aPartThatIsMissingIsNamed() {
    var testing = new Splits("half", Optional.empty(), data.testing());
    assertThatThrownBy(
            () ->
                Measurements.of(
                    List.of("hessian-trace"), dense, Optional.empty(), testing, SETTINGS))
        .hasMessage("half: has no training part, only one for testing");
    assertThatThrownBy(() -> new Settings(0, 1, 0, Progress.NONE))
        .hasMessage("0 samples in batches of 1, expected 1 or more of both");
  }
}
