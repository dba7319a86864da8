package org.espalier.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.espalier.graph.testing.TestData;
import org.espalier.reference.Check;
import org.espalier.reference.Check.Status;
import org.espalier.reference.ConformanceCase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ONNX's own cases and exported networks on libtorch. */
class ConformanceTest {
  /** Exports that use operators of other domains or control flow. */
  private static final Set<String> FOREIGN = Set.of("own-scripted-loop.ts", "var-sklearn-mlp");

  private static Check.Report check(Path folder, Predicate<String> wanted) {
    var report =
        Check.with(model -> TorchModel.of(model, TorchModel.Options.usual().withThreads(1)))
            .run(ConformanceCase.walk(folder).filter(one -> wanted.test(one.name())));
    for (Check.CaseResult result : report.cases()) {
      if (result.status() != Status.PASSED) {
        System.out.println(result.status() + " " + result.name() + ": " + result.reason());
      }
    }
    System.out.printf(
        "%s: %d passed, %d failed, %d unsupported%n",
        folder.getFileName(), report.passed(), report.failed(), report.unsupported());
    return report;
  }

  private static void assertNearlyAll(Check.Report report) {
    assertThat(report.failed()).isZero();
    assertThat(report.passed())
        .isGreaterThanOrEqualTo((int) Math.ceil(0.95 * report.cases().size()));
  }

  @Test
  void singleOperators() throws IOException {
    Path folder = TestData.of("onnx-backend", "node");
    var inScope =
        new HashSet<>(Files.readAllLines(TestData.of("onnx-backend", "node-in-scope.txt")));
    assertNearlyAll(check(folder, inScope::contains));
  }

  @ParameterizedTest
  @ValueSource(strings = {"pytorch-converted", "pytorch-operator", "simple"})
  void smallGraphs(String folder) {
    assertNearlyAll(check(TestData.of("onnx-backend", folder), name -> true));
  }

  @Test
  void exportedNetworks() {
    var report = check(TestData.of("exported"), name -> !FOREIGN.contains(name));
    assertThat(report.passed()).isEqualTo(report.cases().size());
  }
}
