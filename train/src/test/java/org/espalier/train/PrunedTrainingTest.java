package org.espalier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Layers;
import org.espalier.prune.Masks;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.optim.Adam;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Optimizer;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Channels that masks have silenced can go in mid-training, and nobody notices. */
class PrunedTrainingTest {
  @TempDir Path folder;
  private final SeededRandom random = SeededRandom.fresh();

  private static TrainingOptions options(String optimizer) {
    Optimizer chosen =
        optimizer.equals("adam")
            ? new Adam(0.9, 0.999, 1e-8, WeightDecay.NONE)
            : new Sgd(0.9, false, WeightDecay.NONE);
    double rate = optimizer.equals("adam") ? 0.003 : 0.05;
    return TrainingOptions.usual(2)
        .withBatch(50)
        .withSeed(5)
        .withThreads(1)
        .withOptimizer(chosen, new LearningRate.Cosine(rate, 0));
  }

  private static Dataset data() throws IOException {
    return Datasets.open("embedded").train().slice(0, 500);
  }

  /** All that makes and reads some channels set to zero. */
  private static Model silenced(Removal removal) {
    Model model = removal.coupling().model();
    var weights = new LinkedHashMap<>(model.graph().initializers());
    for (Group group : removal.coupling().groups()) {
      for (Member member : group.members()) {
        Tensor weight = weights.get(member.weight().value()).copy();
        long[] dims = weight.dims();
        long inner = 1;
        for (int axis = member.weight().axis() + 1; axis < dims.length; axis++) {
          inner *= dims[axis];
        }
        for (long k = 0; k < weight.size(); k++) {
          int channel = member.channels()[(int) (k / inner % dims[member.weight().axis()])];
          if (channel >= 0 && !removal.keeps(group.first() + channel)) {
            weight.setReal(k, 0);
          }
        }
        weights.put(member.weight().value(), weight);
      }
    }
    return model.withGraph(model.graph().withInitializers(weights));
  }

  private Removal some(Model model) {
    Coupling coupling = Coupling.of(model);
    var gone = new BitSet();
    for (Group group : coupling.groups()) {
      for (int k = 1; k < group.size(); k++) {
        gone.set(group.first() + k, random.nextInt(3) == 0);
      }
    }
    return new Removal(coupling, gone);
  }

  private static FixedMasks masks(Model model) {
    return new FixedMasks(Masks.ofNonzeros(Layers.of(model).layers()));
  }

  private static Trained train(Model model, TrainingOptions options, TrainingProgress progress)
      throws IOException {
    return new Trainer(model, options).with(masks(model)).train(data(), Optional.empty(), progress);
  }

  /** Trains until a step, and leaves a checkpoint there. */
  private static void interrupted(Model model, TrainingOptions options, int at) {
    assertThatThrownBy(
            () ->
                train(
                    model,
                    options,
                    new TrainingProgress() {
                      @Override
                      public void step(long step, long steps, int epoch, double loss) {
                        if (step == at) {
                          Thread.currentThread().interrupt();
                        }
                      }
                    }))
        .hasMessageContaining("after step " + at);
    assertThat(Thread.interrupted()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"sgd", "adam"})
  void goesOnAsTheWholeNetworkWouldHave(String optimizer) throws IOException {
    Removal silent = some(Zoo.build("mlpnet", 3));
    Model model = silenced(silent);
    Trained whole = train(model, options(optimizer), TrainingProgress.SILENT);
    Path checkpoint = folder.resolve("whole.checkpoint");
    interrupted(model, options(optimizer).withCheckpoint(checkpoint), 13);

    PrunedTraining training = PrunedTraining.of(checkpoint);
    Model now = training.network(model);
    assertThat(now).isNotEqualTo(model);
    Removal removal = new Removal(Coupling.of(now), silent.channels());
    Model smaller = Rewriting.of(removal).model();
    Path fewer = folder.resolve("small.checkpoint");
    training.write(List.of(removal), smaller, fewer);
    assertThat(Files.size(fewer)).isLessThan(Files.size(checkpoint));

    var resumed = new ArrayList<Long>();
    Trained small =
        train(
            smaller,
            options(optimizer).withCheckpoint(fewer),
            new TrainingProgress() {
              @Override
              public void resumed(long step) {
                resumed.add(step);
              }
            });
    assertThat(resumed).containsExactly(13L);
    Removal last = new Removal(Coupling.of(whole.model()), silent.channels());
    Map<String, Tensor> expected = Rewriting.of(last).model().graph().initializers();
    Map<String, Tensor> actual = small.model().graph().initializers();
    expected.forEach(
        (name, tensor) -> {
          assertThat(actual.get(name).shape()).isEqualTo(tensor.shape());
          double most = 0;
          for (long k = 0; k < tensor.size(); k++) {
            most = Math.max(most, Math.abs(actual.get(name).realAt(k) - tensor.realAt(k)));
          }
          assertThat(most).as(name).isLessThan(1e-3);
        });
    assertThat(small.epochs().getFirst().loss())
        .isCloseTo(whole.epochs().getFirst().loss(), within(1e-3));
  }

  @Test
  void stepsOfARemovalAreFollowedOneAfterTheOther() throws IOException {
    Model model = Zoo.build("mlpnet", 3);
    TrainingOptions options = options("sgd");
    Path checkpoint = folder.resolve("whole.checkpoint");
    interrupted(model, options.withCheckpoint(checkpoint), 3);
    PrunedTraining training = PrunedTraining.of(checkpoint);
    Removal first = some(training.network(model));
    Removal second = some(Rewriting.of(first).model());
    Model smaller = Rewriting.of(second).model();
    Path fewer = folder.resolve("small.checkpoint");
    training.write(List.of(first, second), smaller, fewer);
    Trained small = train(smaller, options.withCheckpoint(fewer), TrainingProgress.SILENT);
    assertThat(small.epochs()).hasSize(2);
  }

  @Test
  void aFileOfSomethingElseIsRefused() throws IOException {
    Path file = folder.resolve("other.safetensors");
    new SafeTensors(Map.of(), Map.of("a", Tensor.of(new float[] {1}, 1))).write(file);
    assertThatThrownBy(() -> PrunedTraining.of(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no checkpoint of 'espalier train'");
  }

  @Test
  void aNetworkOfOtherShapesIsRefused() throws IOException {
    Path checkpoint = folder.resolve("whole.checkpoint");
    interrupted(Zoo.build("mlpnet", 3), options("sgd").withCheckpoint(checkpoint), 2);
    PrunedTraining training = PrunedTraining.of(checkpoint);
    assertThatThrownBy(() -> training.network(Zoo.build("lenet-300-100", 1)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected");
  }
}
