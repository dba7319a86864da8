package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.reference.Agreement;
import org.espalier.reference.OnnxRuntime;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole networks, dense and with zeros, against ONNX Runtime. */
class NetworksTest {
  @ParameterizedTest
  @CsvSource({
    "mlpnet, 0",
    "mlpnet, 0.9",
    "lenet-300-100, 0",
    "lenet-300-100, 0.8",
    "lenet-300-100, 0.95"
  })
  void agreesWithOnnxRuntime(String name, double sparsity) {
    var random = SeededRandom.fresh();
    Model model = Sparsified.of(Zoo.build(name, random.nextLong()), sparsity, random);
    try (Session session = Engine.compile(model);
        OnnxRuntime reference = OnnxRuntime.of(model)) {
      for (int batch : new int[] {1, 3, 16}) {
        Map<String, Tensor> inputs = Sparsified.inputs(model, batch, random);
        Map<String, Tensor> expected = reference.run(inputs);
        Map<String, Tensor> actual = session.run(inputs);
        assertThat(actual.keySet()).containsExactlyElementsOf(expected.keySet());
        expected.forEach(
            (output, tensor) ->
                assertThat(Agreement.of(tensor, actual.get(output), 1e-4))
                    .as("%s of %s, batch %d", output, name, batch)
                    .matches(Agreement::holds, "holds"));
      }
    }
  }
}
