package org.espalier.cli;

import static org.espalier.cli.Outcomes.arm;
import static org.espalier.cli.Trainings.accuracy;
import static org.espalier.cli.Trainings.checkPruned;
import static org.espalier.cli.Trainings.options;
import static org.espalier.cli.Trainings.trained;

import java.io.IOException;
import java.util.List;
import java.util.OptionalDouble;
import org.espalier.graph.Model;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.graph.testing.TestData;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Layers;
import org.espalier.prune.Masks;
import org.espalier.prune.Recipe;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.rewrite.ScaledBranches;
import org.espalier.train.CalibrationData;
import org.espalier.train.FixedMasks;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingOptions;
import org.espalier.train.data.Augmentation;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.ImageDataset;
import org.espalier.train.data.Splits;
import org.espalier.train.init.Initialization;
import org.espalier.train.optim.Adam;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the scale of initial weights is worth where a network is pruned before training. Prints a
 * table of {@code docs/training.md}, after each seed what there is; like {@link
 * TrainingOutcomesTest} it asserts only that all was pruned as asked.
 */
@Tag("slow")
class InitializationOutcomesTest {
  private static final int SEEDS = 3;
  private static final int DEPTH = 100;
  private static final int WIDTH = 100;

  private final Outcomes outcomes = new Outcomes();

  /** A hundred layers of tanh, at the edge of chaos and off it. */
  @Test
  void edgeOfChaos() throws IOException {
    Splits digits = Datasets.open(TestData.of("mnist").toString());
    Dataset few = digits.train().spread(10_000);
    for (long seed = 0; seed < SEEDS; seed++) {
      Model edge = Initialization.atEdgeOfChaos(deep(), OptionalDouble.empty(), seed).model();
      double ours = tried(edge, "robust-pai", 0.9, few, digits, deepOptions(seed));
      add(
          "(0.7, 0.3)",
          ours,
          tried(off(0.7, 0.3, seed), "snip", 0.9, few, digits, deepOptions(seed)));
      add("the edge", ours, tried(edge, "snip", 0.9, few, digits, deepOptions(seed)));
      add("(2, 0.1)", ours, tried(off(2, 0.1, seed), "snip", 0.9, few, digits, deepOptions(seed)));
      outcomes.print();
    }
  }

  /** Branches divided by the root of their number, and as they are, in a network like ResNet-20. */
  @Test
  void scaledBranches() throws IOException {
    Splits images = Datasets.open(TestData.of("cifar10", "cifar10-jpeg.zip").toString());
    Dataset few = ((ImageDataset) images.train()).augmented(Augmentation.CIFAR).spread(800);
    for (long seed = 0; seed < SEEDS; seed++) {
      Model drawn =
          Initialization.atEdgeOfChaos(Zoo.build("resnet20", seed), OptionalDouble.empty(), seed)
              .model();
      for (boolean with : new boolean[] {false, true}) {
        Model model = with ? ScaledBranches.of(drawn).model() : drawn;
        double found =
            tried(
                model,
                "snip",
                0.98,
                few,
                images,
                options(6, seed)
                    .withBatch(32)
                    .withOptimizer(
                        new Sgd(0.9, false, WeightDecay.coupled(1e-4)),
                        new LearningRate.Cosine(0.05, 0)));
        outcomes.add("SBP-SR", arm(with), "accuracy", found);
      }
      outcomes.print();
    }
  }

  private void add(String than, double ours, double other) {
    String what = "accuracy; without: `snip`, drawn at " + than;
    outcomes.add("robust-pai", arm(true), what, ours);
    outcomes.add("robust-pai", arm(false), what, other);
  }

  private static Model off(double weights, double biases, long seed) {
    return Initialization.of(deep(), weights, biases, seed).model();
  }

  private static Model deep() {
    Value x = GraphBuilder.of("deep", 1).input("x", 1, 28, 28).flatten();
    for (int k = 1; k < DEPTH; k++) {
      x = x.linear("l" + k, WIDTH).tanh();
    }
    return x.builder().output("y", x.linear("l" + DEPTH, 10)).build();
  }

  private static TrainingOptions deepOptions(long seed) {
    return options(12, seed)
        .withBatch(50)
        .withOptimizer(Adam.usual(), new LearningRate.Cosine(2e-4, 0));
  }

  /** Pruned by its first gradients, then trained as it is. */
  private static double tried(
      Model drawn,
      String recipe,
      double sparsity,
      Dataset data,
      Splits splits,
      TrainingOptions options)
      throws IOException {
    Calibration first = CalibrationData.of(drawn, data, 300, 100, options.seed());
    Model pruned = Recipe.named(recipe).sparsity(sparsity).apply(drawn, first).model();
    var held = new FixedMasks(Masks.ofNonzeros(Layers.of(pruned).layers()));
    Model model = trained(pruned, new Regimen(data, options, List.of(held)));
    checkPruned(model, sparsity);
    return accuracy(model, splits.test().spread(2000));
  }
}
