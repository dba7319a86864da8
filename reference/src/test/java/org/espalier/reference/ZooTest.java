package org.espalier.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.espalier.graph.Dim;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.Type;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each network of the zoo in ONNX Runtime: it loads, and its first outputs are usable numbers. */
class ZooTest {
  private static final Map<String, Long> SIZES = Map.of("N", 2L, "S", 7L);

  @BeforeAll
  static void needsOnnxRuntime() {
    OnnxRuntime.unavailable().ifPresent(reason -> Assumptions.abort(reason));
  }

  static List<String> light() {
    return Zoo.names().stream().filter(name -> Zoo.describe(name).parameters() < 30e6).toList();
  }

  static List<String> heavy() {
    return Zoo.names().stream().filter(name -> !light().contains(name)).toList();
  }

  @ParameterizedTest
  @MethodSource("light")
  void runs(String name) {
    check(name);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("heavy")
  void runsToo(String name) {
    check(name);
  }

  private static void check(String name) {
    SeededRandom random = SeededRandom.fresh();
    Model model = Zoo.build(name, random.nextLong());
    var inputs = new LinkedHashMap<String, Tensor>();
    var shapes = new LinkedHashMap<String, Shape>();
    for (ValueInfo input : model.graph().inputs()) {
      Tensor tensor = draw(input, random);
      inputs.put(input.name(), tensor);
      shapes.put(input.name(), tensor.shape());
    }
    Shape expected = Shapes.infer(model, shapes).shape("logits").orElseThrow();
    try (OnnxRuntime runtime = OnnxRuntime.of(model)) {
      Tensor logits = runtime.run(inputs).get("logits");
      assertThat(logits.shape()).isEqualTo(expected);
      double largest = 0;
      double squares = 0;
      for (float value : logits.floats()) {
        assertThat(value).isFinite();
        largest = Math.max(largest, Math.abs(value));
        squares += (double) value * value;
      }
      assertThat(largest).as("largest logit").isLessThan(1e3);
      assertThat(Math.sqrt(squares / logits.size())).as("root mean square").isGreaterThan(1e-3);
    }
  }

  private static Tensor draw(ValueInfo input, Random random) {
    if (!(input.type() instanceof Type.TensorType(var type, var shape))) {
      throw new AssertionError(input);
    }
    long[] dims =
        shape.orElseThrow().dims().stream()
            .mapToLong(
                dim ->
                    dim instanceof Dim.Symbol(String symbol) ? SIZES.get(symbol) : dim.sizeOr(-1))
            .toArray();
    Tensor tensor = Tensor.allocate(type, dims);
    if (type.isFloat()) {
      for (long k = 0; k < tensor.size(); k++) {
        tensor.setFloat(k, (float) random.nextGaussian());
      }
      return tensor;
    }
    boolean mask = input.name().contains("mask");
    long[] ids = random.longs(tensor.size(), 0, mask ? 2 : 256).toArray();
    ids[0] = 1;
    return Tensor.of(ids, dims);
  }
}
