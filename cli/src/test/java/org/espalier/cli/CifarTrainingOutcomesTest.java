package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.espalier.cli.Outcomes.arm;
import static org.espalier.cli.Trainings.accuracy;
import static org.espalier.cli.Trainings.checkPruned;
import static org.espalier.cli.Trainings.measured;
import static org.espalier.cli.Trainings.plan;
import static org.espalier.cli.Trainings.trained;
import static org.espalier.cli.Trainings.without;

import java.io.IOException;
import java.util.List;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.testing.TestData;
import org.espalier.prune.Budget;
import org.espalier.prune.coupling.Coupling;
import org.espalier.study.measure.Findings;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingOptions;
import org.espalier.train.data.Augmentation;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.ImageDataset;
import org.espalier.train.data.Splits;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.espalier.train.rule.AdaptiveSharpness;
import org.espalier.train.rule.IterativePruning;
import org.espalier.train.rule.Sharpness;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Methods whose claims are about ResNet-20 on CIFAR-10, over seeds, from the trained network.
 * Prints the tables of {@code docs/training.md}, after each seed what there is; like {@link
 * TrainingOutcomesTest} it asserts only that all was pruned as asked.
 */
@Tag("slow")
class CifarTrainingOutcomesTest {
  private static final boolean[] BOTH = {false, true};

  private final Outcomes outcomes = new Outcomes();
  private final Splits images;
  private final Dataset few;
  private final Model resnet;

  CifarTrainingOutcomesTest() throws IOException {
    images = Datasets.open(TestData.of("cifar10", "cifar10-jpeg.zip").toString());
    few = ((ImageDataset) images.train()).augmented(Augmentation.CIFAR).spread(800);
    resnet = Onnx.read(TestData.of("trained", "resnet20-cifar10.onnx"));
  }

  /** Half of the channels go, with and without steps that are aware of sharpness. */
  @Test
  void adaSap() throws IOException {
    for (long seed = 0; seed < 4; seed++) {
      Regimen ours = plan("adasap", few, options(9, seed), new Budget.Channels(0.5));
      Regimen plain = without(without(ours, Sharpness.class), AdaptiveSharpness.class);
      for (boolean with : BOTH) {
        Model model = trained(resnet, with ? ours : plain);
        assertThat(Coupling.of(model).channels())
            .isLessThanOrEqualTo((Coupling.of(resnet).channels() + 1) / 2);
        outcomes.add("adasap", arm(with), "accuracy", accuracy(model, images.test()));
        Findings corrupted = measured("corruption", model, images, 5000);
        for (String kind : List.of("noise", "blur", "contrast")) {
          outcomes.add("adasap", arm(with), kind, corrupted.number(kind));
        }
      }
      outcomes.print();
    }
  }

  /** A fifth of the weights stays, with and without the part of each round that wakes units. */
  @Test
  void activateWhilePruning() throws IOException {
    String of = "activate-while-pruning";
    for (long seed = 0; seed < 3; seed++) {
      Regimen ours = plan(of, few, options(8, seed), new Budget.Sparsity(0.8));
      var rule = (IterativePruning) ours.rules().getFirst();
      var host =
          new IterativePruning(rule.sparsity(), 0, rule.allocation(), rule.rounds(), rule.rewind());
      for (boolean with : BOTH) {
        var regimen = new Regimen(ours.data(), ours.options(), List.of(with ? rule : host));
        Model model = trained(resnet, regimen);
        checkPruned(model, 0.8);
        outcomes.add(of, arm(with), "accuracy", accuracy(model, images.test().spread(5000)));
        double silent = measured("dead-units", model, images, 500).number("silent");
        outcomes.add(of, arm(with), "silent units, %", silent);
      }
      outcomes.print();
    }
  }

  private static TrainingOptions options(int epochs, long seed) {
    return Trainings.options(epochs, seed)
        .withBatch(32)
        .withOptimizer(
            new Sgd(0.9, false, WeightDecay.coupled(1e-4)), new LearningRate.Cosine(0.01, 0));
  }
}
