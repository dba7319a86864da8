package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.espalier.graph.DataType;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.espalier.reference.RandomInputs;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The reference networks, dense and with zeros, against ONNX Runtime. */
class NetworksTest {
  private static final long SMALL = 3_000_000;

  private static final double TOLERANCE = 1e-4;

  /** Beyond this, ONNX Runtime's own result is taken to show rounding, and may differ more. */
  private static final double STEADY = 1e-5;

  private static final double ROUNDED = 2e-4;

  private final SeededRandom random = SeededRandom.fresh();

  static Stream<String> small() {
    return Zoo.names().stream().filter(name -> Zoo.describe(name).parameters() < SMALL);
  }

  static Stream<String> large() {
    return Zoo.names().stream().filter(name -> Zoo.describe(name).parameters() >= SMALL);
  }

  @ParameterizedTest
  @MethodSource("small")
  void agreesWithOnnxRuntime(String name) {
    check(name, 0);
    check(name, 0.9);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("large")
  void largeOneAgreesWithOnnxRuntime(String name) {
    check(name, 0);
    check(name, 0.9);
  }

  private void check(String name, double sparsity) {
    Model model = Sparsified.of(Zoo.build(name, random.nextLong()), sparsity, random);
    try (Session session = Engine.compile(model);
        OnnxRuntime reference = OnnxRuntime.of(model)) {
      for (int batch : new int[] {1, 3}) {
        Map<String, Tensor> inputs =
            RandomInputs.takenBy(reference, model, random.nextLong(), batch);
        Map<String, Tensor> expected = reference.run(inputs);
        Map<String, Tensor> actual = session.run(inputs);
        assertThat(actual.keySet()).containsExactlyElementsOf(expected.keySet());
        expected.forEach(
            (output, tensor) -> {
              double tolerance =
                  Agreement.of(tensor, actual.get(output), TOLERANCE).holds()
                          || isSteady(model, inputs, output, tensor)
                      ? TOLERANCE
                      : ROUNDED;
              Agreement agreement = Agreement.of(tensor, actual.get(output), tolerance);
              assertThat(agreement.holds())
                  .as(
                      "%s of %s, batch %d, sparsity %.1f: %s",
                      output, name, batch, sparsity, agreement.reason())
                  .isTrue();
            });
      }
    }
  }

  /**
   * Whether ONNX Runtime's own result stays, where half of the weights change in their last bit.
   */
  private boolean isSteady(
      Model model, Map<String, Tensor> inputs, String output, Tensor expected) {
    var changed = new LinkedHashMap<String, Tensor>();
    model
        .graph()
        .initializers()
        .forEach(
            (name, tensor) -> {
              if (tensor.type() == DataType.FLOAT && tensor.rank() >= 2) {
                Tensor copy = tensor.copy();
                for (long k = 0; k < copy.size(); k++) {
                  float weight = copy.floatAt(k);
                  copy.setFloat(k, random.nextBoolean() ? weight : Math.nextUp(weight));
                }
                changed.put(name, copy);
              }
            });
    Model other = model.withGraph(model.graph().replacing(changed));
    try (OnnxRuntime reference = OnnxRuntime.of(other)) {
      return Agreement.of(expected, reference.run(inputs).get(output), STEADY).holds();
    }
  }
}
