package org.espalier.graph.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.pass.Canonical;
import org.espalier.graph.testing.TestData;
import org.junit.jupiter.api.Test;

/** The ONNX project's own cases for single operators, and for those spelled out in others. */
class ConformanceTest {
  @Test
  void everyCaseWithRulesForItsOperatorsAgrees() throws IOException {
    Path folder = TestData.of("onnx-backend", "node");
    List<Path> cases;
    try (var entries = Files.list(folder)) {
      cases = entries.filter(path -> Files.exists(path.resolve("model.onnx"))).sorted().toList();
    }
    var skipped = new TreeMap<String, Integer>();
    var failures = new ArrayList<String>();
    int passed = 0;
    for (Path path : cases) {
      Optional<String> reason;
      try {
        Model model = Canonical.of(Onnx.read(path.resolve("model.onnx")));
        Optional<String> missing = missingRule(model.graph());
        if (missing.isPresent()) {
          skipped.merge(missing.get(), 1, Integer::sum);
          continue;
        }
        if (hasSequences(model.graph())) {
          skipped.merge("sequences", 1, Integer::sum);
          continue;
        }
        reason = disagreement(model.graph(), path.resolve("test_data_set_0"));
      } catch (UnsupportedModelException unsupported) {
        skipped.merge("type: " + unsupported.nodes().getFirst(), 1, Integer::sum);
        continue;
      } catch (InvalidInputException | IllegalStateException | IndexOutOfBoundsException problem) {
        reason = Optional.of(problem.toString());
      }
      if (reason.isPresent()) {
        failures.add(path.getFileName() + ": " + reason.get());
      } else {
        passed++;
      }
    }
    System.out.printf(
        "%d passed, %d failed, %d skipped: %s%n",
        passed, failures.size(), cases.size() - passed - failures.size(), skipped);
    assertThat(failures).isEmpty();
    assertThat(passed).isGreaterThan(1000);
  }

  private static Optional<String> missingRule(Graph graph) {
    return graph.nodes().stream()
        .filter(node -> !Evaluator.supports(node))
        .map(Node::op)
        .findFirst();
  }

  private static boolean hasSequences(Graph graph) {
    return graph.inputs().stream().anyMatch(input -> !(input.type() instanceof Type.TensorType));
  }

  private static Optional<String> disagreement(Graph graph, Path data) {
    var inputs = new HashMap<String, Tensor>();
    List<ValueInfo> given = graph.inputs();
    for (int k = 0; k < given.size(); k++) {
      Path file = data.resolve("input_" + k + ".pb");
      if (Files.exists(file)) {
        inputs.put(given.get(k).name(), Onnx.readTensor(file));
      }
    }
    List<Tensor> outputs = Walker.run(graph, inputs);
    // The cases of GridSample give four digits.
    double absolute = graph.nodes().stream().anyMatch(n -> n.is("GridSample")) ? 1e-4 : 1e-6;
    for (int k = 0; k < outputs.size(); k++) {
      Tensor expected = Onnx.readTensor(data.resolve("output_" + k + ".pb"));
      Optional<String> difference = difference(outputs.get(k), expected, absolute);
      if (difference.isPresent()) {
        return difference;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> difference(Tensor found, Tensor expected, double absolute) {
    if (found.type() != expected.type() || !Arrays.equals(found.dims(), expected.dims())) {
      return Optional.of("found %s, expected %s".formatted(found, expected));
    }
    if (!expected.type().isFloat()) {
      return found.equals(expected)
          ? Optional.empty()
          : Optional.of("%s differ%s".formatted(found, firstDifference(found, expected)));
    }
    double relative =
        switch (expected.type()) {
          case FLOAT, DOUBLE -> 1e-4;
          case FLOAT16 -> 2e-3;
          case BFLOAT16 -> 2e-2; // the expanded attention rounds at every step
          default -> 0;
        };
    for (long k = 0; k < expected.size(); k++) {
      double x = found.realAt(k);
      double y = expected.realAt(k);
      boolean same = Double.compare(x, y) == 0 || x == y;
      if (!same && !(Math.abs(x - y) <= absolute + relative * Math.abs(y))) {
        return Optional.of("element %d is %s, expected %s".formatted(k, x, y));
      }
    }
    return Optional.empty();
  }

  private static String firstDifference(Tensor found, Tensor expected) {
    for (long k = 0; k < expected.size() && found.strings().isEmpty(); k++) {
      if (found.integerAt(k) != expected.integerAt(k)) {
        return ": element %d is %d, expected %d"
            .formatted(k, found.integerAt(k), expected.integerAt(k));
      }
    }
    return ": " + found.strings() + ", expected " + expected.strings();
  }
}
