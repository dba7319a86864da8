package org.espalier.graph.infer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.TestData;
import org.junit.jupiter.api.Test;

/** Symbolic results with numbers put in against the results for these numbers. */
class SymbolicShapesTest {
  /** Each operator case again, every size of its real inputs above 1 a symbol. */
  @Test
  void operators() throws IOException {
    var problems = new ArrayList<String>();
    int open = 0;
    int cases = 0;
    for (String name : Files.readAllLines(TestData.of("onnx-backend", "node-in-scope.txt"))) {
      Path folder = TestData.of("onnx-backend", "node", name);
      Model model = Onnx.read(folder.resolve("model.onnx"));
      var symbolic = new HashMap<String, Shape>();
      var contents = new HashMap<String, Tensor>();
      var sizes = new HashMap<String, Size>();
      List<ValueInfo> inputs = model.graph().inputs();
      for (int k = 0; k < inputs.size(); k++) {
        Tensor tensor =
            Onnx.readTensor(folder.resolve("test_data_set_0").resolve("input_" + k + ".pb"));
        if (tensor.type().isFloat()) {
          symbolic.put(inputs.get(k).name(), symbols(tensor.shape(), sizes));
        } else {
          contents.put(inputs.get(k).name(), tensor);
        }
      }
      cases++;
      Shapes shapes = Shapes.infer(model, symbolic, contents);
      for (int k = 0; k < model.graph().outputs().size(); k++) {
        Path file = folder.resolve("test_data_set_0").resolve("output_" + k + ".pb");
        Shape found = shapes.shape(model.graph().outputs().get(k).name()).orElse(null);
        if (found == null) {
          open++;
          continue;
        }
        Dims bound = bound(found, sizes);
        Tensor expected = Onnx.readTensor(file);
        boolean wrong = bound.rank() != expected.rank();
        for (int axis = 0; axis < bound.rank() && !wrong; axis++) {
          Size size = bound.at(axis);
          wrong = size.isUnknown() ? false : !size.is(expected.dim(axis));
          open += size.isUnknown() ? 1 : 0;
        }
        if (wrong) {
          problems.add(name + ": " + found + " is " + bound + ", expected " + expected);
        }
      }
    }
    System.out.println(open + " sizes of " + cases + " symbolic cases open");
    assertThat(problems).isEmpty();
  }

  private static Shape symbols(Shape shape, Map<String, Size> sizes) {
    return new Shape(
        shape.dims().stream()
            .map(
                dim -> {
                  long size = dim.sizeOr(-1);
                  if (size < 2) {
                    return dim;
                  }
                  sizes.put("s" + size, Size.of(size));
                  return Dim.symbol("s" + size);
                })
            .toList());
  }

  private static Dims bound(Shape shape, Map<String, Size> sizes) {
    return new Dims(Dims.of(shape).sizes().stream().map(size -> size.bind(sizes)).toList());
  }

  /** Models with named sizes, all values, for several sizes of each. */
  @Test
  void dynamicModels() throws IOException {
    var models = new ArrayList<Path>();
    for (String folder : List.of("exported", "trained")) {
      try (Stream<Path> files = Files.walk(TestData.of(folder))) {
        files.filter(path -> path.toString().endsWith(".onnx")).forEach(models::add);
      }
    }
    var problems = new ArrayList<String>();
    int compared = 0;
    for (Path path : models) {
      Model model = Onnx.read(path);
      if (declared(model.graph()).values().stream().allMatch(Shape::isFixed)) {
        continue;
      }
      Shapes symbolic = Shapes.infer(model);
      for (long number : new long[] {1, 2, 3}) {
        var sizes = new HashMap<String, Size>();
        var fixed = new HashMap<String, Shape>();
        declared(model.graph())
            .forEach((name, shape) -> fixed.put(name, numbered(shape, number, sizes)));
        Shapes numeric = Shapes.infer(model, fixed);
        for (Node node : model.graph().nodes()) {
          for (String value : node.outputs()) {
            Shape found = symbolic.shape(value).orElseThrow();
            Dims expected = Dims.of(numeric.shape(value).orElseThrow());
            compared++;
            if (!agrees(bound(found, sizes), expected)) {
              problems.add("%s %s: %s, expected %s".formatted(path, value, found, expected));
            }
          }
        }
      }
    }
    System.out.println(compared + " symbolic shapes compared");
    assertThat(problems).isEmpty();
    assertThat(compared).isGreaterThan(1000);
  }

  private static boolean agrees(Dims found, Dims expected) {
    return found.rank() == expected.rank()
        && IntStream.range(0, found.rank())
            .noneMatch(axis -> Dims.differ(found.at(axis), expected.at(axis)));
  }

  private static Map<String, Shape> declared(Graph graph) {
    var shapes = new HashMap<String, Shape>();
    for (ValueInfo input : graph.requiredInputs()) {
      if (input.type() instanceof Type.TensorType tensor && tensor.shape().isPresent()) {
        shapes.put(input.name(), tensor.shape().get());
      }
    }
    return shapes;
  }

  /** A different number for each symbol. */
  private static Shape numbered(Shape shape, long number, Map<String, Size> sizes) {
    return new Shape(
        shape.dims().stream()
            .map(
                dim -> {
                  if (!(dim instanceof Dim.Symbol(String name))) {
                    return dim;
                  }
                  long scale = name.contains("batch") || name.equals("n") ? 1 : 16;
                  return sizes.computeIfAbsent(name, _ -> Size.of(number * scale)).toDim();
                })
            .toList());
  }
}
