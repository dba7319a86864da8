package org.espalier.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OnnxRuntimeTest {
  private static Model unary(String op, DataType type, Shape shape) {
    return Model.of(
        new Graph(
            op,
            List.of(Node.of(op, List.of("x"), List.of("y"))),
            Map.of(),
            List.of(ValueInfo.of("x", type, shape)),
            List.of(ValueInfo.of("y", type, shape))),
        10,
        21);
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "FLOAT",
        "DOUBLE",
        "FLOAT16",
        "BFLOAT16",
        "BOOL",
        "INT8",
        "UINT8",
        "INT16",
        "UINT16",
        "INT32",
        "UINT32",
        "INT64",
        "UINT64"
      })
  void everyTypeComesBackAsItWent(DataType type) {
    var random = SeededRandom.fresh();
    for (Shape shape :
        List.of(Shape.of(3, 5), Shape.of(Dim.symbol("a"), Dim.symbol("b")), Shape.SCALAR)) {
      long[] dims = shape.rank() == 0 ? new long[0] : new long[] {3, 5};
      Tensor x = Tensor.allocate(type, dims);
      for (long k = 0; k < x.size(); k++) {
        x.setReal(k, random.nextInt(2));
      }
      try (var runtime = OnnxRuntime.of(unary("Identity", type, shape))) {
        assertThat(runtime.run(Map.of("x", x))).containsExactly(Map.entry("y", x));
      }
    }
  }

  @Test
  void stringsAndEmptyTensors() {
    Shape open = Shape.of(Dim.symbol("n"));
    Tensor words = Tensor.ofStrings(List.of(Bytes.utf8("één"), Bytes.utf8("")));
    try (var runtime = OnnxRuntime.of(unary("Identity", DataType.STRING, open))) {
      assertThat(runtime.run(Map.of("x", words)).get("y")).isEqualTo(words);
    }
    Tensor empty = Tensor.allocate(DataType.FLOAT, 0);
    try (var runtime = OnnxRuntime.of(unary("Neg", DataType.FLOAT, open))) {
      assertThat(runtime.run(Map.of("x", empty)).get("y")).isEqualTo(empty);
    }
  }

  @Test
  void wrongInputsAreNamed() {
    try (var runtime = OnnxRuntime.of(unary("Neg", DataType.FLOAT, Shape.of(2)))) {
      assertThatThrownBy(() -> runtime.run(Map.of()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage("input 'x' is missing");
      assertThatThrownBy(() -> runtime.run(Map.of("z", Tensor.of(new float[2]))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage("no input named 'z'; inputs: x");
      assertThatThrownBy(() -> runtime.run(Map.of("x", Tensor.of(new long[2]))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage("input 'x' is INT64 [2], expected FLOAT");
      assertThatThrownBy(() -> runtime.run(Map.of("x", Tensor.of(new float[3]))))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("x");
    }
  }

  @Test
  void whatItCanNotRunIsRefused() {
    assertThatThrownBy(() -> OnnxRuntime.of(unary("NoSuchOperator", DataType.FLOAT, Shape.of(2))))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("NoSuchOperator");
    assertThatThrownBy(() -> OnnxRuntime.of(unary("Add", DataType.FLOAT, Shape.of(2))))
        .isExactlyInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("ONNX Runtime: ");
    assertThat(OnnxRuntime.unavailable()).isEmpty();
  }

  @Test
  void threadsShareOneInstance() {
    try (var runtime = OnnxRuntime.of(unary("Neg", DataType.FLOAT, Shape.of(7)))) {
      IntStream.rangeClosed(1, 64)
          .parallel()
          .forEach(
              k -> {
                float[] values = new float[7];
                Arrays.fill(values, k);
                float[] result = runtime.run(Map.of("x", Tensor.of(values))).get("y").floats();
                assertThat(result).containsOnly(-k);
              });
    }
  }

  /** With AVX2 and no more asked of it, ONNX Runtime cuts sums of two products off at 32,767. */
  @Test
  void productsOfBytesAreExactWhereResultsCount() {
    int inner = 37;
    var random = SeededRandom.fresh();
    Tensor a = Tensor.allocate(DataType.UINT8, 5, inner);
    Tensor b = Tensor.allocate(DataType.INT8, inner, 16);
    for (long k = 0; k < a.size(); k++) {
      a.setReal(k, 200 + random.nextInt(56));
    }
    for (long k = 0; k < b.size(); k++) {
      b.setReal(k, 100 + random.nextInt(28));
    }
    var graph =
        new Graph(
            "bytes",
            List.of(Node.of("MatMulInteger", List.of("a", "b", "", "zero"), List.of("y"))),
            Map.of("b", b, "zero", Tensor.allocate(DataType.INT8)),
            List.of(ValueInfo.of("a", DataType.UINT8, a.shape())),
            List.of(ValueInfo.of("y", DataType.INT32, Shape.of(5, 16))));
    try (OnnxRuntime runtime = OnnxRuntime.exact(Model.of(graph, 8, 17))) {
      Tensor y = runtime.run(Map.of("a", a)).get("y");
      for (int row = 0; row < 5; row++) {
        for (int column = 0; column < 16; column++) {
          double sum = 0;
          for (int k = 0; k < inner; k++) {
            sum += a.realAt((long) row * inner + k) * b.realAt(16L * k + column);
          }
          assertThat(y.realAt(16L * row + column)).isEqualTo(sum);
        }
      }
    }
  }

  /** ONNX Runtime would end the process if it were asked to widen these bytes. */
  @Test
  void productsOfBytesWithoutZeroPointsAreRunAsTheyAre() {
    Tensor ones = Tensor.allocate(DataType.INT8, 2, 2);
    for (long k = 0; k < ones.size(); k++) {
      ones.setReal(k, 1);
    }
    var graph =
        new Graph(
            "bytes",
            List.of(Node.of("MatMulInteger", List.of("a", "b"), List.of("y"))),
            Map.of("b", ones),
            List.of(ValueInfo.of("a", DataType.INT8, ones.shape())),
            List.of(ValueInfo.of("y", DataType.INT32, ones.shape())));
    try (OnnxRuntime runtime = OnnxRuntime.exact(Model.of(graph, 8, 17))) {
      Tensor y = runtime.run(Map.of("a", ones)).get("y");
      assertThat(y).isEqualTo(Tensor.of(new int[] {2, 2, 2, 2}, 2, 2));
    }
  }
}
