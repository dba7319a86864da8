package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Schedule;
import org.espalier.prune.coupling.Coupling;
import org.espalier.torch.TorchModel;
import org.espalier.train.Evaluation;
import org.espalier.train.Trained;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingProgress;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.TensorDataset;
import org.junit.jupiter.api.Test;

final class GradualChannelsTest {
  private static GradualChannels rule(double share) {
    return new GradualChannels(new Schedule.Cubic(0, share, 0, 3, 1));
  }

  private static Dataset noise(int count, long... shape) {
    long[] labels = new long[count];
    Arrays.setAll(labels, k -> k % 10);
    long[] dims = new long[shape.length + 1];
    dims[0] = count;
    System.arraycopy(shape, 0, dims, 1, shape.length);
    return TensorDataset.classified(
        SeededRandom.of(5).gaussian(dims),
        Tensor.of(labels),
        List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
  }

  private static void cutIsMasked(Model model, Dataset data, double share) throws IOException {
    Trained trained =
        new Trainer(model, Rules.options(1).withBatch(10))
            .with(new NeuronImportance(0.9), rule(share))
            .train(data, Optional.of(data), TrainingProgress.SILENT);
    int all = Coupling.of(model).channels();
    assertThat(Coupling.of(trained.model()).channels())
        .isEqualTo(all - (int) Math.round(share * all));
    Evaluation masked = trained.epochs().getLast().validation().orElseThrow();
    try (var net = TorchModel.of(trained.model())) {
      Evaluation cut = Evaluation.of(net, trained.model(), data);
      assertThat(cut.loss()).isCloseTo(masked.loss(), within(1e-4 * masked.loss()));
    }
  }

  @Test
  void whatIsCutOutWasWorthNothing() throws IOException {
    cutIsMasked(Zoo.build("lenet-5", 2), Rules.digits(50), 0.5);
    cutIsMasked(Zoo.build("resnet20", 2), noise(50, 3, 32, 32), 0.4);
  }

  @Test
  void aGroupKeepsOneChannel() {
    assertThatThrownBy(
            () ->
                Rules.train(
                    Rules.net(),
                    Rules.options(1),
                    Rules.digits(155),
                    new NeuronImportance(0.9),
                    rule(0.999)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("each group keeps one");
  }
}
