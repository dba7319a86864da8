package org.espalier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Allocation;
import org.espalier.prune.Methods;
import org.espalier.prune.Outcome;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.Schedule;
import org.espalier.torch.TorchModel;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.Splits;
import org.espalier.train.optim.Adam;
import org.espalier.train.optim.Clipping;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Optimizer;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class TrainerTest {
  private static Dataset data;
  private static Dataset judges;

  @TempDir Path folder;

  @BeforeAll
  static void draw() throws IOException {
    Splits digits = Datasets.open("embedded");
    data = digits.train().slice(0, 1003);
    judges = digits.test().slice(0, 301);
  }

  private static TrainingOptions options() {
    return TrainingOptions.usual(3).withBatch(50).withSeed(5).withThreads(1);
  }

  private static Model net() {
    return Zoo.build("mlpnet", 3);
  }

  private static Trained train(TrainingOptions options, TrainingRule... rules) throws IOException {
    return new Trainer(net(), options)
        .with(rules)
        .train(data, Optional.of(judges), TrainingProgress.SILENT);
  }

  private static Map<String, Tensor> weights(Trained trained) {
    return trained.model().graph().initializers();
  }

  @Test
  void learnsAndJudgesTheSameOnEveryExecutor() throws IOException {
    Trained trained = train(options());
    Epoch last = trained.epochs().getLast();
    assertThat(trained.epochs()).hasSize(3);
    assertThat(last.accuracy()).isGreaterThan(trained.epochs().getFirst().accuracy() + 0.1);
    try (var net = TorchModel.of(trained.model())) {
      Evaluation again = Evaluation.of(net, trained.model(), judges, 7);
      assertThat(again.accuracy()).isEqualTo(last.validation().orElseThrow().accuracy());
      assertThat(again.loss()).isCloseTo(last.validation().orElseThrow().loss(), within(1e-5));
      assertThat(again.targets()).isEqualTo(301);
    }
  }

  @Test
  void sameSeedSameBytesOtherSeedOtherBytes() throws IOException {
    Map<String, Tensor> once = weights(train(options()));
    assertThat(weights(train(options()))).isEqualTo(once);
    assertThat(weights(train(options().withSeed(6)))).isNotEqualTo(once);
  }

  private static TrainingRule gradual() {
    return new GradualPruning(
        Methods.scoring("magnitude"),
        new Pattern.Unstructured(),
        Allocation.GLOBAL,
        new Schedule.Cubic(0, 0.8, 5, 40, 3));
  }

  /** Stops the training by an exception after some step, as a kill would. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void killedAndStartedAgainEndsTheSame() throws IOException {
    TrainingOptions whole =
        options()
            .withOptimizer(
                new Sgd(0.9, true, WeightDecay.coupled(1e-4)), new LearningRate.Cosine(0.05, 0))
            .withPatience(3);
    Trained uninterrupted = train(whole, gradual());
    Path checkpoint = folder.resolve("state.safetensors");
    TrainingOptions resumable = whole.withCheckpoint(checkpoint);
    for (int kill : new int[] {3, 22, 45, 59}) {
      assertThatThrownBy(
              () ->
                  new Trainer(net(), resumable)
                      .with(gradual())
                      .train(
                          data,
                          Optional.of(judges),
                          new TrainingProgress() {
                            @Override
                            public void step(long step, long steps, int epoch, double loss) {
                              if (step == kill) {
                                throw new Killed();
                              }
                            }
                          }))
          .isInstanceOf(Killed.class);
    }
    var resumed = new ArrayList<Long>();
    Trained pieced =
        new Trainer(net(), resumable)
            .with(gradual())
            .train(
                data,
                Optional.of(judges),
                new TrainingProgress() {
                  @Override
                  public void resumed(long step) {
                    resumed.add(step);
                  }
                });
    assertThat(resumed).containsExactly(42L);
    assertThat(weights(pieced)).isEqualTo(weights(uninterrupted));
    assertThat(pieced.masks()).isEqualTo(uninterrupted.masks());
    assertThat(pieced.best()).isEqualTo(uninterrupted.best());
    assertThat(pieced.epochs().getLast().loss()).isEqualTo(uninterrupted.epochs().getLast().loss());
  }

  @Test
  void interruptedInMidEpochGoesOnWhereItWas() throws IOException {
    Trained uninterrupted = train(options(), gradual());
    Path checkpoint = folder.resolve("state.safetensors");
    TrainingOptions resumable = options().withCheckpoint(checkpoint);
    for (int stop : new int[] {1, 20, 33, 50}) {
      assertThatThrownBy(
              () ->
                  new Trainer(net(), resumable)
                      .with(gradual())
                      .train(
                          data,
                          Optional.of(judges),
                          new TrainingProgress() {
                            @Override
                            public void step(long step, long steps, int epoch, double loss) {
                              if (step == stop) {
                                Thread.currentThread().interrupt();
                              }
                            }
                          }))
          .hasMessageContaining("after step " + stop);
      assertThat(Thread.interrupted()).isTrue();
    }
    Trained pieced = train(resumable, gradual());
    assertThat(weights(pieced)).isEqualTo(weights(uninterrupted));
    assertThat(pieced.epochs().get(1).loss()).isEqualTo(uninterrupted.epochs().get(1).loss());
    assertThat(train(resumable, gradual()).epochs()).isEqualTo(pieced.epochs());
  }

  @Test
  void refusesTheCheckpointOfAnotherTraining() throws IOException {
    Path checkpoint = folder.resolve("state.safetensors");
    train(options().withCheckpoint(checkpoint));
    byte[] before = Files.readAllBytes(checkpoint);
    assertThatThrownBy(() -> train(options().withSeed(9).withCheckpoint(checkpoint)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("another training")
        .hasMessageContaining("seed 9");
    assertThat(Files.readAllBytes(checkpoint)).isEqualTo(before);
    Files.write(checkpoint, Arrays.copyOf(before, before.length / 2));
    assertThatThrownBy(() -> train(options().withCheckpoint(checkpoint)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("state.safetensors");
  }

  static Stream<Optimizer> optimizers() {
    return Stream.of(
        new Sgd(0, false, WeightDecay.NONE),
        new Sgd(0.9, false, WeightDecay.coupled(0.01)),
        new Sgd(0.9, true, WeightDecay.decoupled(0.01)),
        Adam.usual(),
        new Adam(0.9, 0.999, 1e-8, WeightDecay.coupled(0.01)),
        Adam.decoupled(0.01));
  }

  /** Looks at every pruned weight, its gradient's trace in the optimiser included, at each step. */
  private record Watched(TrainingRule rule) implements TrainingRule {
    @Override
    public String describe() {
      return rule.describe();
    }

    @Override
    public void begin(Step step) {
      rule.begin(step);
    }

    @Override
    public void afterUpdate(Step step) {
      rule.afterUpdate(step);
      step.masks()
          .byWeight()
          .forEach(
              (name, mask) -> {
                Tensor weight = step.weights().get(name);
                for (int k = 0; k < mask.size(); k++) {
                  if (!mask.keeps(k)) {
                    int at = k;
                    assertThat(Float.floatToRawIntBits(weight.floatAt(k))).isZero();
                    step.slots(name).forEach(slot -> assertThat(slot.realAt(at)).isZero());
                  }
                }
              });
    }
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void prunedWeightsAreZeroAfterEveryStep(Optimizer optimizer) throws IOException {
    TrainingOptions options =
        TrainingOptions.usual(1)
            .withBatch(100)
            .withThreads(1)
            .withClipping(new Clipping.Norm(1))
            .withOptimizer(optimizer, new LearningRate.Constant(0.01));
    var rule =
        new GradualPruning(
            Methods.scoring("magnitude"),
            new Pattern.Unstructured(),
            Allocation.UNIFORM,
            new Schedule.Cubic(0.1, 0.9, 1, 8, 2));
    Trained trained = train(options, new Watched(rule));
    assertThat(trained.masks().sparsity()).isCloseTo(0.9, within(1e-4));
    trained
        .masks()
        .byWeight()
        .forEach(
            (name, mask) ->
                assertThat(weights(trained).get(name).nonzeros()).isEqualTo(mask.kept()));
  }

  @Test
  void fineTunesUnderTheMasksOfAnOutcome() throws IOException {
    Outcome pruned = Recipe.named("magnitude").sparsity(0.7).apply(net());
    Trained tuned =
        new Trainer(pruned.model(), options())
            .with(new Watched(new FixedMasks(pruned.masks())))
            .train(data, Optional.empty(), TrainingProgress.SILENT);
    assertThat(tuned.masks()).isEqualTo(pruned.masks());
    assertThat(tuned.epochs().getLast().sparsity()).isCloseTo(0.7, within(1e-4));
  }

  @Test
  void keepsTheBestWeightsWhenItStopsEarly() throws IOException {
    var diverging = new LearningRate.Stepwise(0.02, List.of(2), 30);
    TrainingOptions options =
        new TrainingOptions(
            12,
            50,
            new Loss.CrossEntropy(0.1),
            new Sgd(0, false, WeightDecay.NONE),
            diverging,
            new Clipping.Norm(5),
            2,
            1,
            1,
            Optional.empty());
    Trained trained = train(options);
    double best =
        trained.epochs().stream()
            .mapToDouble(epoch -> epoch.validation().orElseThrow().accuracy())
            .max()
            .orElseThrow();
    try (var net = TorchModel.of(trained.model())) {
      assertThat(Evaluation.of(net, trained.model(), judges).accuracy()).isEqualTo(best);
    }
    assertThat(trained.bestEpoch().validation().orElseThrow().accuracy()).isEqualTo(best);
  }

  @Test
  void saysWhenTrainingDiverges() {
    TrainingOptions options =
        options()
            .withOptimizer(new Sgd(0.9, false, WeightDecay.NONE), new LearningRate.Constant(1e20));
    assertThatThrownBy(() -> train(options))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("training diverged");
  }

  @Test
  void refusesDataThatDontFit() {
    assertThatThrownBy(
            () ->
                new Trainer(Zoo.build("resnet20", 1), options())
                    .train(data, Optional.empty(), TrainingProgress.SILENT))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("[1, 28, 28]")
        .hasMessageContaining("3, 32, 32");
  }

  @Test
  void refusesWeightsThatAreNotNumbers() {
    Model model = net();
    String name = model.graph().initializers().keySet().iterator().next();
    Tensor broken = model.graph().initializers().get(name).copy();
    broken.setFloat(3, Float.NaN);
    Model bad = model.withGraph(model.graph().replacing(Map.of(name, broken)));
    assertThatThrownBy(
            () ->
                new Trainer(bad, options()).train(data, Optional.empty(), TrainingProgress.SILENT))
        .hasMessageContaining("'" + name + "' is NaN at element 3");
  }
}
