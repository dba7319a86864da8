package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Stream;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.reference.OnnxRuntime;
import org.espalier.reference.RandomInputs;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The reference networks, dense and with zeros, against ONNX Runtime. */
class NetworksTest {
  private static final long SMALL = 3_000_000;

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
            (output, tensor) ->
                assertThat(error(tensor, actual.get(output)))
                    .as("%s of %s, batch %d, sparsity %.1f", output, name, batch, sparsity)
                    .isLessThan(2e-4));
      }
    }
  }

  /**
   * The largest difference, relative to the largest number: sums of thousands of products round off
   * at the size of what they add, not of what is left.
   */
  private static double error(Tensor expected, Tensor actual) {
    assertThat(actual.dims()).isEqualTo(expected.dims());
    double largest = 0;
    double difference = 0;
    for (long k = 0; k < expected.size(); k++) {
      largest = Math.max(largest, Math.abs(expected.realAt(k)));
      difference = Math.max(difference, Math.abs(expected.realAt(k) - actual.realAt(k)));
    }
    assertThat(largest).isPositive().isFinite();
    return difference / largest;
  }
}
