package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.torch.Libtorch;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.junit.jupiter.api.Test;

final class DistillationTest {
  private static double[] softened(Tensor logits, int row, double temperature) {
    double[] values = new double[3];
    double sum = 0;
    for (int c = 0; c < 3; c++) {
      values[c] = Math.exp(Libtorch.copy(logits).realAt(3L * row + c) / temperature);
      sum += values[c];
    }
    for (int c = 0; c < 3; c++) {
      values[c] /= sum;
    }
    return values;
  }

  @Test
  void theDivergenceInPlainLoops() {
    long seed = SeededRandom.fresh().nextInt(1000);
    try (var _ = new PointerScope()) {
      Tensor teacher = Rules.normal(seed, 4, 3);
      Tensor student = Rules.normal(seed + 1, 4, 3);
      double expected = 0;
      for (int row = 0; row < 4; row++) {
        double[] p = softened(teacher, row, 7);
        double[] q = softened(student, row, 7);
        for (int c = 0; c < 3; c++) {
          expected += 49 * p[c] * Math.log(p[c] / q[c]) / 4;
        }
      }
      assertThat(Distillation.divergence(teacher, student, 7).item_double())
          .isCloseTo(expected, within(1e-9));
      assertThat(Distillation.divergence(teacher, teacher, 7).item_double()).isZero();
    }
  }

  @Test
  void whoIsHisOwnTeacherHasNothingToLearn() {
    var options =
        Rules.options(1)
            .withOptimizer(new Sgd(0, false, WeightDecay.NONE), new LearningRate.Constant(0.1));
    var taught = Rules.train(Rules.net(), options, Rules.digits(97), new Distillation(1, 4, 0));
    Map<String, org.espalier.graph.Tensor> before = Rules.net().graph().initializers();
    Rules.weights(taught)
        .forEach(
            (name, weight) -> {
              for (long k = 0; k < weight.size(); k++) {
                assertThat((double) weight.floatAt(k))
                    .as(name)
                    .isCloseTo(before.get(name).floatAt(k), within(1e-5));
              }
            });
  }
}
