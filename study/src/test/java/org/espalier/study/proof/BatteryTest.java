package org.espalier.study.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.testing.TestData;
import org.espalier.graph.zoo.Zoo;
import org.espalier.reference.ConformanceCase;
import org.espalier.study.report.Progress;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatteryTest {
  /** What takes longest, left to the slow test. */
  private static final List<String> LONG = List.of("hf-swin.ts", "tv-swin.ts", "hf-albert.dyn");

  static Stream<ConformanceCase> exported() {
    return ConformanceCase.walk(TestData.of("exported"));
  }

  static Stream<ConformanceCase> quick() {
    return exported().filter(one -> !LONG.contains(one.name()));
  }

  static Stream<ConformanceCase> rest() {
    return Stream.of("trained", "onnx-backend/light")
        .flatMap(folder -> ConformanceCase.walk(TestData.of(folder)));
  }

  @ParameterizedTest
  @MethodSource("quick")
  void exportedNetworksHold(ConformanceCase one) {
    assertHolds(one, 1);
  }

  @ParameterizedTest
  @MethodSource("exported")
  @Tag("slow")
  void exportedNetworksHoldInManyTrials(ConformanceCase one) {
    assertHolds(one, 50);
  }

  @ParameterizedTest
  @MethodSource("rest")
  @Tag("slow")
  void otherNetworksHold(ConformanceCase one) {
    assertHolds(one, 10);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lenet-5", "resnet20", "mobilenetv3-small", "bert-tiny", "llama-tiny"})
  void networksOfTheZooHold(String name) {
    assertHolds(Zoo.build(name, 7), List.of(), 2);
  }

  private static void assertHolds(ConformanceCase one, int trials) {
    Path file = one.model();
    Model model = Onnx.read(file);
    assertHolds(model, List.of(), trials);
  }

  private static void assertHolds(Model model, List<Map<String, Tensor>> given, int trials) {
    long seed = SeededRandom.fresh().nextInt(1_000_000);
    BatteryReport report = Battery.run(model, given, trials, seed, Progress.NONE);
    List<String> failed =
        report.failed().stream().map(trial -> trial.seed() + ": " + trial.reasons()).toList();
    assertThat(failed).isEmpty();
    assertThat(report.trials()).isEqualTo(trials);
  }

  @Test
  void aModelWithNothingToRemoveSaysSo() {
    GraphBuilder graph = GraphBuilder.of("relu", 1);
    Model model = graph.output("y", graph.input("x", 5).then("Relu")).build();
    BatteryReport report = Battery.run(model, List.of(), 3, 1, Progress.NONE);
    assertThat(report.holds()).isTrue();
    assertThat(report.note()).contains("nothing can be removed");
  }
}
