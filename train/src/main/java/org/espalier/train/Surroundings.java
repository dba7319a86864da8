package org.espalier.train;

import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.espalier.graph.Model;
import org.espalier.torch.Libtorch;
import org.espalier.torch.Mode;
import org.espalier.train.data.Batch;
import org.espalier.train.data.Batches;
import org.espalier.train.data.Dataset;

/** What a training has around its network: data, the model as it began, and other networks. */
final class Surroundings implements AutoCloseable {
  private final Model original;
  private final Dataset data;
  private final ModelInput input;
  private final TrainingOptions options;
  private final IdentityHashMap<Model, Network> frozen = new IdentityHashMap<>();

  Surroundings(Model original, Dataset data, ModelInput input, TrainingOptions options) {
    this.original = original;
    this.data = data;
    this.input = input;
    this.options = options;
  }

  Model original() {
    return original;
  }

  Dataset data() {
    return data;
  }

  ModelInput input() {
    return input;
  }

  TrainingOptions options() {
    return options;
  }

  /** The learning rate of a step. */
  double rate(long step) {
    int perEpoch = Batches.count(data, options.batch());
    return options.rate().at(step, perEpoch, Trainer.steps(data, options));
  }

  Network frozen(Model model) {
    return frozen.computeIfAbsent(
        model, opened -> Network.frozen(opened, options.threads(), options.loss()));
  }

  Sample sample(Dataset from, int[] indices, long seed) {
    Batch drawn = Batch.of(from, indices, seed);
    return new Sample(Libtorch.view(input.shaped(drawn.inputs())), Libtorch.view(drawn.targets()));
  }

  void survey(Network network, Consumer<Pass> visitor) {
    try (Batches batches = Batches.inOrder(data, options.batch())) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        // A model that fixes its batch can't be shown what is left over at the end.
        if (input.batch().isPresent() && batch.size() != input.batch().getAsLong()) {
          return;
        }
        try (var _ = new PointerScope();
            var _ = new AutoGradMode(false)) {
          var examples = Libtorch.view(input.shaped(batch.inputs()));
          var targets = Libtorch.view(batch.targets());
          visitor.accept(network.show(examples, targets, Mode.EVAL, Set.of()));
        }
      }
    }
  }

  @Override
  public void close() {
    frozen.values().forEach(Network::close);
  }
}
