package org.espalier.graph.infer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.TestData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The inferred output against the expected one of ONNX's own cases and of real exports. */
class ConformanceShapesTest {
  @Test
  void operators() throws IOException {
    List<String> scope = Files.readAllLines(TestData.of("onnx-backend", "node-in-scope.txt"));
    Tally tally = new Tally();
    for (String name : scope) {
      tally.add(TestData.of("onnx-backend", "node", name), true);
    }
    tally.print();
    assertThat(tally.wrong).isEmpty();
    assertThat(tally.fixed).isGreaterThan((int) (0.97 * scope.size()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"pytorch-converted", "pytorch-operator", "simple"})
  void backend(String folder) throws IOException {
    Tally tally = new Tally();
    try (Stream<Path> cases = Files.list(TestData.of("onnx-backend", folder))) {
      for (Path path : cases.sorted().toList()) {
        tally.add(path, true);
      }
    }
    tally.print();
    assertThat(tally.wrong).isEmpty();
    assertThat(tally.fixed).isGreaterThan((int) (0.8 * tally.cases));
  }

  @Test
  void exports() throws IOException {
    Tally tally = new Tally();
    try (Stream<Path> cases = Files.list(TestData.of("exported"))) {
      for (Path path : cases.sorted().toList()) {
        tally.add(path, false);
      }
    }
    tally.print();
    assertThat(tally.wrong).isEmpty();
  }

  /** Whole published networks, one expected output each. */
  @Test
  void networks() throws IOException {
    try (Stream<Path> files = Files.list(TestData.of("onnx-backend", "light"))) {
      for (Path path : files.filter(file -> file.toString().endsWith(".onnx")).toList()) {
        Model model = Onnx.read(path);
        Shapes shapes = Shapes.infer(model);
        assertThat(shapes.gaps()).as(path.toString()).isEmpty();
        Path expected = Path.of(path.toString().replace(".onnx", "_output_0.pb"));
        assertThat(shapes.shape(model.graph().outputs().getFirst().name()))
            .as(path.toString())
            .contains(Onnx.readTensor(expected).shape());
      }
    }
  }

  /** Outcomes over many cases. */
  private static final class Tally {
    final Map<String, String> wrong = new TreeMap<>();
    final Map<String, String> open = new TreeMap<>();
    int fixed;
    int cases;

    void add(Path folder, boolean contents) throws IOException {
      Path data = folder.resolve("test_data_set_0");
      if (!Files.exists(folder.resolve("model.onnx")) || !Files.isDirectory(data)) {
        return;
      }
      cases++;
      String name = folder.getFileName().toString();
      try {
        Model model = Onnx.read(folder.resolve("model.onnx"));
        Graph graph = model.graph();
        var shapes = new HashMap<String, Shape>();
        var tensors = new HashMap<String, Tensor>();
        for (int k = 0; k < graph.requiredInputs().size(); k++) {
          Path file = data.resolve("input_" + k + ".pb");
          if (isTensor(graph.requiredInputs().get(k)) && Files.exists(file)) {
            Tensor tensor = Onnx.readTensor(file);
            shapes.put(graph.requiredInputs().get(k).name(), tensor.shape());
            tensors.put(graph.requiredInputs().get(k).name(), tensor);
          }
        }
        Shapes inferred = Shapes.infer(model, shapes, contents ? tensors : Map.of());
        var problems = new ArrayList<String>();
        boolean complete = true;
        for (int k = 0; k < graph.outputs().size(); k++) {
          Path file = data.resolve("output_" + k + ".pb");
          ValueInfo output = graph.outputs().get(k);
          if (!isTensor(output) || !Files.exists(file)) {
            continue;
          }
          Tensor expected = Onnx.readTensor(file);
          complete &= inferred.shape(output.name()).filter(Shape::isFixed).isPresent();
          Tensor known = inferred.constant(output.name()).orElse(expected);
          if (!agrees(inferred, output.name(), expected) || !close(known, expected)) {
            problems.add(
                output.name()
                    + " "
                    + inferred.element(output.name())
                    + inferred.shape(output.name())
                    + " but "
                    + expected);
          }
        }
        if (!problems.isEmpty()) {
          wrong.put(name, problems.toString());
        } else if (complete && (contents || inferred.gaps().isEmpty())) {
          fixed++;
        } else {
          open.put(name, inferred.gaps().toString());
        }
      } catch (RuntimeException failed) {
        StackTraceElement[] trace = failed.getStackTrace();
        wrong.put(
            name,
            failed
                + (trace.length > 0
                    ? " " + List.of(trace).subList(0, Math.min(6, trace.length))
                    : ""));
      }
    }

    private static boolean isTensor(ValueInfo value) {
      return value.type() instanceof Type.TensorType;
    }

    private static boolean agrees(Shapes inferred, String name, Tensor expected) {
      if (inferred.element(name).filter(type -> type != expected.type()).isPresent()) {
        return false;
      }
      Shape shape = inferred.shape(name).orElse(null);
      if (shape == null) {
        return true;
      }
      if (shape.rank() != expected.rank()) {
        return false;
      }
      for (int axis = 0; axis < shape.rank(); axis++) {
        if (shape.dim(axis).isFixed() && shape.dim(axis).sizeOr(-1) != expected.dim(axis)) {
          return false;
        }
      }
      return true;
    }

    private static boolean close(Tensor known, Tensor expected) {
      if (!known.shape().equals(expected.shape()) || expected.type() == DataType.STRING) {
        return known.shape().equals(expected.shape());
      }
      for (long k = 0; k < known.size(); k++) {
        double a = expected.realAt(k);
        double b = known.realAt(k);
        if (Double.compare(a, b) != 0 && !(Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(a)))) {
          return false;
        }
      }
      return true;
    }

    void print() {
      System.out.printf("%d of %d cases fully inferred%n", fixed, cases);
      open.forEach((name, gaps) -> System.out.println("  open: " + name + " " + gaps));
      wrong.forEach((name, why) -> System.out.println("  WRONG: " + name + " " + why));
    }
  }
}
