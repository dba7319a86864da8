package org.espalier.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.assertj.core.data.Offset;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.graph.testing.TestData;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Allocation;
import org.espalier.prune.Budget;
import org.espalier.prune.Methods;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.Schedule;
import org.espalier.torch.TorchModel;
import org.espalier.train.data.Augmentation;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.ImageDataset;
import org.espalier.train.data.Splits;
import org.espalier.train.method.OnTheFly;
import org.espalier.train.optim.Adam;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whole trainings on real data, with the accuracies that they must reach. */
@Tag("slow")
final class TargetsTest {
  private static final TrainingProgress PRINTED =
      new TrainingProgress() {
        @Override
        public void epoch(Epoch epoch) {
          System.out.printf(
              "epoch %d: loss %.4f, accuracy %.2f%%, validation %.2f%%, sparsity %.3f, %.1f s%n",
              epoch.number(),
              epoch.loss(),
              100 * epoch.accuracy(),
              epoch.validation().map(Evaluation::percent).orElse(Double.NaN),
              epoch.sparsity(),
              epoch.seconds());
        }
      };

  private static double percent(Trained trained) {
    return trained.epochs().getLast().validation().orElseThrow().percent();
  }

  private static Trained train(
      Model model, TrainingOptions options, Splits data, TrainingRule... rules) throws IOException {
    return new Trainer(model, options)
        .with(rules)
        .train(data.train(), Optional.of(data.test()), PRINTED);
  }

  @Test
  void lenet300OnMnistAndPrunedGradually() throws IOException {
    Splits mnist = Datasets.open(TestData.of("mnist").toString());
    double[] dense = new double[3];
    double[] sparse = new double[3];
    for (int seed = 0; seed < 3; seed++) {
      TrainingOptions options = TrainingOptions.usual(12).withSeed(seed);
      dense[seed] = percent(train(Zoo.build("lenet-300-100", seed), options, mnist));
      long steps = Trainer.steps(mnist.train(), options);
      Trained pruned =
          train(
              Zoo.build("lenet-300-100", seed),
              options,
              mnist,
              GradualPruning.magnitude(0.9, steps));
      sparse[seed] = percent(pruned);
      assertThat(pruned.masks().sparsity()).isEqualTo(0.9, Offset.offset(1e-4));
    }
    System.out.println("dense " + Arrays.toString(dense));
    System.out.println("sparse " + Arrays.toString(sparse));
    double denseMean = Arrays.stream(dense).average().orElseThrow();
    double sparseMean = Arrays.stream(sparse).average().orElseThrow();
    assertThat(denseMean).isGreaterThanOrEqualTo(98.0);
    assertThat(sparseMean).isGreaterThanOrEqualTo(denseMean - 0.3);
  }

  @Test
  void lenet5OnMnist() throws IOException {
    Splits mnist = Datasets.open(TestData.of("mnist").toString());
    Trained trained = train(Zoo.build("lenet-5", 1), TrainingOptions.usual(5), mnist);
    assertThat(percent(trained)).isGreaterThanOrEqualTo(99.0);
  }

  @Test
  void lenet5OnEmbeddedDigits() throws IOException {
    Splits digits = Datasets.open("embedded");
    Trained trained = train(Zoo.build("lenet-5", 1), TrainingOptions.usual(6), digits);
    assertThat(percent(trained)).isGreaterThanOrEqualTo(98.0);
  }

  @Test
  void lenet300OnEmbeddedDigits() throws IOException {
    Splits digits = Datasets.open("embedded");
    Trained trained = train(Zoo.build("lenet-300-100", 1), TrainingOptions.usual(10), digits);
    assertThat(percent(trained)).isGreaterThanOrEqualTo(93.0);
  }

  @Test
  void resnet20OnCifarWithMasks() throws IOException {
    Splits cifar = Datasets.open(TestData.of("cifar10", "cifar10-jpeg.zip").toString());
    Dataset learned = ((ImageDataset) cifar.train()).augmented(Augmentation.CIFAR);
    TrainingOptions options =
        TrainingOptions.usual(3)
            .withBatch(128)
            .withOptimizer(
                new Sgd(0.9, true, WeightDecay.coupled(5e-4)),
                new LearningRate.WarmUp(0.3, new LearningRate.Cosine(0.1, 0)));
    long steps = Trainer.steps(learned, options);
    var rule =
        new GradualPruning(
            Methods.scoring("magnitude"),
            new Pattern.Unstructured(),
            Allocation.GLOBAL,
            new Schedule.Cubic(0, 0.5, 50, steps / 2, 20));
    Trained trained =
        new Trainer(Zoo.build("resnet20", 1), options)
            .with(rule)
            .train(learned, Optional.of(cifar.test()), PRINTED);
    double first = trained.epochs().getFirst().validation().orElseThrow().percent();
    assertThat(percent(trained)).isGreaterThanOrEqualTo(first + 10);
    trained
        .masks()
        .byWeight()
        .forEach(
            (name, mask) -> {
              var weight = trained.model().graph().initializers().get(name);
              assertThat(
                      LongStream.range(0, weight.size())
                          .filter(k -> !mask.keeps((int) k) && weight.floatAt(k) != 0))
                  .isEmpty();
            });
  }

  /** Three convolutions for images of CIFAR-10. */
  private static Model small(long seed) {
    var graph = GraphBuilder.of("small", seed);
    Value x = graph.input("input", 3, 32, 32);
    int[] filters = {8, 16, 32};
    for (int k = 0; k < filters.length; k++) {
      x = x.conv("conv" + k, filters[k], Conv.kernel(3).pad(1).biased()).relu().maxPool(2, 2, 0);
    }
    graph.output("logits", x.flatten().linear("fc", 10));
    return graph.build();
  }

  private static double percent(Model model, Dataset data) {
    try (var net = TorchModel.of(model)) {
      return Evaluation.of(net, model, data).percent();
    }
  }

  /** The network as it was before a rule after this one cut it at the last step. */
  private static Model uncut(Trained trained, Map<String, Tensor> whole) {
    Model model = trained.model();
    return model.withGraph(Constants.replace(model.graph(), whole));
  }

  @Test
  void cutAtOnceAfterTheCosinePenalty() throws IOException {
    Splits cifar = Datasets.open(TestData.of("cifar10", "cifar10-jpeg.zip").toString());
    Dataset learned = cifar.train().spread(5000);
    Dataset others = cifar.test().spread(4000);
    double lost = 0;
    double plain = 0;
    for (int seed = 0; seed < 3; seed++) {
      TrainingOptions options =
          TrainingOptions.usual(6)
              .withSeed(seed)
              .withOptimizer(Adam.usual(), new LearningRate.Cosine(0.005, 0));
      Trainer trainer = new Trainer(small(seed), options);
      Model dense = trainer.train(learned, Optional.empty(), TrainingProgress.SILENT).model();
      double before = percent(dense, others);
      Recipe uniform = Recipe.named("magnitude").allocation(Allocation.UNIFORM).sparsity(0.5);
      double after = percent(uniform.apply(dense).model(), others);
      plain += (before - after) / 3;
      var whole = new HashMap<String, Tensor>();
      TrainingRule keeps =
          new TrainingRule() {
            @Override
            public void afterUpdate(Step step) {
              step.layers().forEach(layer -> whole.put(layer.weight(), layer.tensor().copy()));
            }
          };
      var task =
          new TrainingTask(
              learned,
              options,
              Optional.of(new Budget.Sparsity(0.5)),
              new Pattern.Unstructured(),
              Optional.empty());
      Trained cut =
          new Trainer(small(seed), options)
              .with(keeps, new OnTheFly().plan(task).rules().getFirst())
              .train(learned, Optional.empty(), TrainingProgress.SILENT);
      double drawn = percent(uncut(cut, whole), others);
      double left = percent(cut.model(), others);
      lost += (drawn - left) / 3;
      System.out.printf(
          "seed %d: %.2f, cut %.2f; with the penalty %.2f, cut %.2f%n",
          seed, before, after, drawn, left);
      assertThat(cut.masks().sparsity()).isEqualTo(0.5, Offset.offset(1e-3));
    }
    System.out.printf("lost %.2f points, with the penalty %.2f%n", plain, lost);
    assertThat(lost).isLessThan(1);
    assertThat(plain).isGreaterThan(2 * lost);
  }
}
