package org.espalier.prune.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.evidence.Calibration;
import org.espalier.torch.Libtorch;
import org.espalier.torch.TorchModel;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WhitenedAdamTest {
  private static final int EXAMPLES = 211;
  private static final int INPUTS = 7;
  private static final int OUTPUTS = 5;

  private final SeededRandom random = SeededRandom.fresh();

  /** Whatever the inputs' mean is: it's what a step in the weights themselves would follow. */
  @ParameterizedTest
  @ValueSource(floats = {0, 1, 3})
  void aStepChangesTheOutputsByTheRate(float mean) {
    Tensor examples = random.gaussian(EXAMPLES, INPUTS);
    for (long k = 0; k < examples.size(); k++) {
      examples.setFloat(k, examples.floatAt(k) + mean);
    }
    Model model = product(random.gaussian(INPUTS, OUTPUTS));
    Calibration data = Calibration.of("input", examples, null, 64);
    Tensor before = run(model, examples);
    try (TorchModel torch = TorchModel.of(model);
        var _ = new PointerScope()) {
      Tensor gradient = random.gaussian(INPUTS, OUTPUTS);
      new WhitenedAdam(torch, model, data).step(Map.of("w", Libtorch.view(gradient)), 0.01);
      Tensor after = run(torch.model(), examples);
      double changed = 0;
      double all = 0;
      for (long k = 0; k < before.size(); k++) {
        changed += Math.pow(after.floatAt(k) - before.floatAt(k), 2);
        all += Math.pow(before.floatAt(k), 2);
      }
      assertThat(Math.sqrt(changed / all)).isCloseTo(0.01, within(0.0003));
    }
  }

  private static Model product(Tensor weight) {
    Shape in = Shape.of(Dim.symbol("N"), Dim.of(INPUTS));
    Shape out = Shape.of(Dim.symbol("N"), Dim.of(OUTPUTS));
    return Model.of(
        new Graph(
            "product",
            List.of(Node.of("MatMul", List.of("input", "w"), List.of("output"))),
            Map.of("w", weight),
            List.of(ValueInfo.of("input", DataType.FLOAT, in)),
            List.of(ValueInfo.of("output", DataType.FLOAT, out))),
        8,
        17);
  }

  private static Tensor run(Model model, Tensor examples) {
    try (TorchModel torch = TorchModel.of(model)) {
      return torch.run(Map.of("input", examples)).get("output");
    }
  }
}
