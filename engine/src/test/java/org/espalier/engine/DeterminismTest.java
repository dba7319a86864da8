package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeterminismTest {
  /** The JIT compiler comes between the first run and the last, and must not change a bit. */
  @ParameterizedTest
  @ValueSource(strings = {"resnet20", "bert-tiny"})
  void theFirstRunAndTheLastAreEqual(String network) {
    var random = SeededRandom.fresh();
    Model model = Sparsified.of(Zoo.build(network, 1), 0.8, random);
    Map<String, Tensor> inputs = Sparsified.inputs(model, 1, random);
    try (Session session = Engine.compile(model, new Options(2))) {
      Map<String, Tensor> first = session.run(inputs);
      for (int run = 1; run < 200; run++) {
        assertThat(session.run(inputs)).as("run %d", run).isEqualTo(first);
      }
    }
  }
}
