package org.espalier.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.pass.Canonical;
import org.espalier.graph.pass.Lowering;
import org.espalier.graph.testing.TestData;
import org.espalier.reference.Check.CaseResult;
import org.espalier.reference.Check.Status;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * ONNX Runtime on the models of the data folder as they are written, and in canonical and lowered
 * form: whatever it can run one way it must run the other, and give the expected outputs.
 */
class ConformanceTest {
  /** The newest operators that this ONNX Runtime takes; what came after changes none of ours. */
  private static final long NEWEST = 26;

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
  void everyFormGivesTheExpectedOutputs(String folder) throws IOException {
    List<ConformanceCase> cases = cases(folder);
    Map<String, CaseResult> written = results(cases, model -> model);
    assertNoWorse(folder, "as written", Map.of(), written);
    assertNoWorse(folder, "canonical", written, results(cases, Canonical::of));
    UnaryOperator<Model> lowered = model -> Lowering.of(Canonical.of(model), Set.of());
    assertNoWorse(folder, "lowered", written, results(cases, lowered));
  }

  private static List<ConformanceCase> cases(String folder) throws IOException {
    Path path = TestData.of(folder);
    if (!folder.endsWith("/node")) {
      return ConformanceCase.walk(path).toList();
    }
    Set<String> scope = Set.copyOf(Files.readAllLines(path.resolveSibling("node-in-scope.txt")));
    return ConformanceCase.walk(path).filter(one -> scope.contains(one.name())).toList();
  }

  private static Map<String, CaseResult> results(
      List<ConformanceCase> cases, UnaryOperator<Model> form) {
    Function<Model, Executor> compiler = model -> OnnxRuntime.of(clamped(form.apply(model)));
    return Check.with(compiler).run(cases.stream()).cases().stream()
        .collect(
            Collectors.toMap(CaseResult::name, result -> result, (a, b) -> a, LinkedHashMap::new));
  }

  private static Model clamped(Model model) {
    var opsets = new HashMap<>(model.opsets());
    opsets.computeIfPresent("", (domain, version) -> Math.min(version, NEWEST));
    return new Model(
        Math.min(model.irVersion(), 11),
        model.producerName(),
        model.producerVersion(),
        model.domain(),
        model.modelVersion(),
        opsets,
        model.graph(),
        model.functions(),
        model.details());
  }

  /** Prints what did not pass, and fails where this form lost what the written one could do. */
  private static void assertNoWorse(
      String folder, String form, Map<String, CaseResult> written, Map<String, CaseResult> now) {
    System.out.printf("%s, %s: ", folder, form);
    for (Status status : Status.values()) {
      long count = now.values().stream().filter(r -> r.status() == status).count();
      System.out.printf("%d %s, ", count, status);
    }
    System.out.println();
    List<CaseResult> others =
        now.values().stream().filter(result -> result.status() != Status.PASSED).toList();
    others.forEach(result -> System.out.println("  " + result));
    assertThat(now).isNotEmpty();
    assertThat(others)
        .noneMatch(
            result ->
                written.containsKey(result.name())
                    && written.get(result.name()).status() == Status.PASSED);
  }

  /** Once canonical, a model stays as it is; once lowered, it has no composites. */
  @ParameterizedTest
  @ValueSource(strings = {"onnx-backend/node", "onnx-backend/pytorch-operator", "exported"})
  void canonicalFormIsStable(String folder) throws IOException {
    for (ConformanceCase one : cases(folder)) {
      Model canonical = Canonical.of(Onnx.read(one.model()));
      assertThat(Canonical.of(canonical)).as(one.name()).isEqualTo(canonical);
      Set<String> left =
          Lowering.of(canonical, Set.of()).graph().nodes().stream()
              .map(Node::op)
              .filter(op -> Lowering.operators().contains(op) && !op.equals("CastLike"))
              .collect(Collectors.toSet());
      assertThat(left).as(one.name()).isEmpty();
    }
  }
}
