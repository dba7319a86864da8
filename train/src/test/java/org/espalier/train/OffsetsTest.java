package org.espalier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.Model;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.torch.Libtorch;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.TensorDataset;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Gradients taken a little way off the weights, and the other moments that look at a pass. */
final class OffsetsTest {
  private static Dataset data;

  @BeforeAll
  static void draw() throws IOException {
    data = Datasets.open("embedded").train().slice(0, 97);
  }

  private static TrainingOptions options() {
    return TrainingOptions.usual(1)
        .withBatch(25)
        .withThreads(1)
        .withOptimizer(new Sgd(0, false, WeightDecay.NONE), new LearningRate.Constant(0.05));
  }

  private static Trained train(Model model, TrainingRule... rules) throws IOException {
    return new Trainer(model, options())
        .with(rules)
        .train(data, Optional.empty(), TrainingProgress.SILENT);
  }

  /**
   * The loss is half the sum of squares of all weights, so that the gradient at w is w: at an
   * offset of {@code share * w} it is {@code (1 + share) * w}.
   */
  private record Quadratic(double share, Map<String, float[]> before) implements TrainingRule {
    @Override
    public void begin(Step step) {
      step.weights().forEach((name, weight) -> before.put(name, weight.floats()));
    }

    @Override
    public void afterUpdate(Step step) {
      begin(step);
    }

    @Override
    public Tensor loss(Step step, Pass pass, Tensor loss) {
      Tensor sum = loss.mul(new Scalar(0));
      for (Tensor weight : step.parameters().values()) {
        sum = sum.add(weight.square().sum().mul(new Scalar(0.5)));
      }
      return sum;
    }

    @Override
    public Map<String, Tensor> offsets(Step step, Map<String, Tensor> gradients) {
      var offsets = new LinkedHashMap<String, Tensor>();
      gradients.forEach((name, gradient) -> offsets.put(name, gradient.mul(new Scalar(share))));
      return share == 0 ? Map.of() : offsets;
    }

    @Override
    public void beforeUpdate(Step step, Map<String, Tensor> gradients) {
      gradients.forEach(
          (name, gradient) -> {
            float[] found = Libtorch.copy(gradient).floats();
            float[] weight = step.weights().get(name).floats();
            assertThat(Arrays.equals(weight, before.get(name))).as("where it was").isTrue();
            for (int k = 0; k < found.length; k++) {
              assertThat((double) found[k])
                  .isCloseTo((1 + share) * weight[k], within(1e-5 * Math.abs(weight[k]) + 1e-7));
            }
          });
    }
  }

  @Test
  void aSharpnessAwareStepOnAQuadratic() throws IOException {
    train(Zoo.build("mlpnet", 1), new Quadratic(0.5, new HashMap<>()));
    train(Zoo.build("mlpnet", 1), new Quadratic(0, new HashMap<>()));
  }

  /** Offsets that are there or not, and the same weights whenever the loss is taken first. */
  private record Off(double size) implements TrainingRule {
    @Override
    public Map<String, Tensor> offsets(Step step, Map<String, Tensor> gradients) {
      var offsets = new LinkedHashMap<String, Tensor>();
      gradients.forEach((name, gradient) -> offsets.put(name, gradient.mul(new Scalar(size))));
      return offsets;
    }
  }

  @Test
  void noOffsetIsPlainTrainingWithItsRunningStatistics() throws IOException {
    Model model = Zoo.build("resnet20", 1);
    long[] labels = new long[34];
    Arrays.setAll(labels, k -> k % 10);
    List<String> names = List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
    Dataset noise =
        TensorDataset.classified(
            SeededRandom.of(5).gaussian(34, 3, 32, 32),
            org.espalier.graph.Tensor.of(labels),
            names);
    Trained plain =
        new Trainer(model, options().withBatch(17))
            .train(noise, Optional.empty(), TrainingProgress.SILENT);
    Trained off =
        new Trainer(model, options().withBatch(17))
            .with(new Off(0))
            .train(noise, Optional.empty(), TrainingProgress.SILENT);
    assertThat(off.model().graph().initializers()).isEqualTo(plain.model().graph().initializers());
    Trained away =
        new Trainer(model, options().withBatch(17))
            .with(new Off(0.1))
            .train(noise, Optional.empty(), TrainingProgress.SILENT);
    assertThat(away.model().graph().initializers())
        .isNotEqualTo(plain.model().graph().initializers());
  }
}
