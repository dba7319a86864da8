package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.espalier.graph.testing.TestData;
import org.espalier.reference.Check;
import org.espalier.reference.Check.Status;
import org.espalier.reference.ConformanceCase;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The ONNX project's cases and models of real exporters: none gives a wrong answer, and what is
 * refused is named. The floors are what passes now.
 */
class ConformanceTest {
  @ParameterizedTest
  @CsvSource({
    "onnx-backend/node, 886",
    "onnx-backend/pytorch-converted, 82",
    "onnx-backend/pytorch-operator, 35",
    "onnx-backend/simple, 23",
    "onnx-backend/light, 9",
    "exported, 66"
  })
  void noWrongAnswers(String folder, int floor) throws IOException {
    Check.Report report = Check.with(Engine::compile).run(cases(folder).stream());
    System.out.printf(
        "%s: %d passed, %d unsupported%n", folder, report.passed(), report.unsupported());
    var others = report.cases().stream().filter(c -> c.status() != Status.PASSED).toList();
    others.forEach(result -> System.out.println("  " + result.name() + ": " + result.reason()));
    assertThat(others).noneMatch(result -> result.status() == Status.FAILED);
    assertThat(report.passed()).isGreaterThanOrEqualTo(floor);
  }

  private static List<ConformanceCase> cases(String folder) throws IOException {
    Path path = TestData.of(folder);
    if (!folder.endsWith("/node")) {
      return ConformanceCase.walk(path).toList();
    }
    Set<String> scope = Set.copyOf(Files.readAllLines(path.resolveSibling("node-in-scope.txt")));
    return ConformanceCase.walk(path).filter(one -> scope.contains(one.name())).toList();
  }
}
