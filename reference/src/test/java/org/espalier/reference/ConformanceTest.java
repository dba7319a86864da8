package org.espalier.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.espalier.graph.testing.TestData;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ONNX Runtime on what {@code Onnx} has read and written again, against the expected outputs. */
class ConformanceTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "onnx-backend/node",
        "onnx-backend/pytorch-converted",
        "onnx-backend/pytorch-operator",
        "onnx-backend/simple",
        "onnx-backend/light",
        "exported",
        "trained"
      })
  void agreesWithTheFilesAfterARoundTrip(String folder) throws IOException {
    Path path = TestData.of(folder);
    Set<String> scope = new HashSet<>();
    Path listed = path.resolveSibling("node-in-scope.txt");
    if (Files.exists(listed) && folder.endsWith("node")) {
      scope.addAll(Files.readAllLines(listed));
    }
    Stream<ConformanceCase> cases =
        ConformanceCase.walk(path).filter(c -> scope.isEmpty() || scope.contains(c.name()));
    Check.Report report = Check.with(OnnxRuntime::of).run(cases);
    Map<String, String> others = new LinkedHashMap<>();
    for (Check.CaseResult result : report.cases()) {
      if (result.status() != Check.Status.PASSED) {
        others.put(result.name(), result.status() + ": " + result.reason());
      }
    }
    System.out.printf(
        "%s: %d passed, %d failed, %d unsupported%n%s%n",
        folder,
        report.passed(),
        report.failed(),
        report.unsupported(),
        others.entrySet().stream().map(Object::toString).collect(Collectors.joining("\n")));
    assertThat(report.cases()).isNotEmpty();
  }
}
