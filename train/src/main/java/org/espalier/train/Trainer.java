package org.espalier.train;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.torch.TorchModel;
import org.espalier.train.data.Batches;
import org.espalier.train.data.Dataset;

/**
 * Trains a model on libtorch.
 *
 * <p>The same model, options, rules and data give the same weights, byte for byte, on the same
 * machine with the same number of threads. That holds over interruptions too: no generator keeps a
 * state, what chance decides in a step follows from the seed and the step's number, and all else
 * that a step depends on is in the checkpoint (see {@link TrainingOptions#checkpoint}): weights,
 * running statistics, the optimiser's memory, masks, the rules' tensors, the position.
 *
 * {@snippet :
 * Splits digits = Datasets.open("embedded");
 * long steps = Trainer.steps(digits.train(), TrainingOptions.usual(5));
 * Trained sparse = new Trainer(Zoo.build("lenet-5", 1), TrainingOptions.usual(5))
 *     .with(GradualPruning.magnitude(0.9, steps))
 *     .train(digits.train(), Optional.of(digits.test()), TrainingProgress.SILENT);
 * }
 */
public final class Trainer {
  private final Model model;
  private final TrainingOptions options;
  private final List<TrainingRule> rules;

  public Trainer(Model model, TrainingOptions options) {
    this(model, options, List.of());
  }

  private Trainer(Model model, TrainingOptions options, List<TrainingRule> rules) {
    this.model = model;
    this.options = options;
    this.rules = rules;
  }

  /** The same trainer under these rules, which have their moments in this order. */
  public Trainer with(TrainingRule... rules) {
    return new Trainer(model, options, List.of(rules));
  }

  /** How many steps a training has. */
  public static long steps(Dataset data, TrainingOptions options) {
    return (long) Batches.count(data, options.batch()) * options.epochs();
  }

  /**
   * Trains, or goes on with the training whose checkpoint is there.
   *
   * @param data to learn from
   * @param validation to be judged by after each epoch
   * @throws InvalidInputException where data and model don't fit, a weight is NaN, the loss becomes
   *     NaN or infinite, or the checkpoint is another training's
   * @throws UnsupportedModelException where libtorch has no rule for a node
   * @throws CancellationException where the thread is interrupted; the checkpoint is written first
   * @throws IOException where the checkpoint can't be written
   */
  public Trained train(Dataset data, Optional<Dataset> validation, TrainingProgress progress)
      throws IOException {
    if (options.patience() > 0 && validation.isEmpty()) {
      throw new InvalidInputException(
          "stopping early, with a patience of %d epochs, takes a validation part"
              .formatted(options.patience()));
    }
    Model prepared = model;
    for (TrainingRule rule : rules) {
      prepared = rule.prepare(prepared);
    }
    ModelInput input = ModelInput.of(prepared, data);
    if (input.batch().isPresent() && input.batch().getAsLong() != options.batch()) {
      throw new InvalidInputException(
          "input '%s' takes batches of %d, the training's have %d"
              .formatted(input.name(), input.batch().getAsLong(), options.batch()));
    }
    TorchModel.Options usual = TorchModel.Options.usual().withTrainable(trainable(prepared));
    try (TorchModel net =
            TorchModel.of(
                prepared, options.threads() > 0 ? usual.withThreads(options.threads()) : usual);
        var loop = new TrainingLoop(prepared, net, input, options, rules, data, validation)) {
      checkWeights(net);
      return loop.run(progress);
    }
  }

  /** What the rules together leave to be trained; null for the usual weights. */
  private Predicate<String> trainable(Model prepared) {
    Predicate<String> trainable = null;
    for (TrainingRule rule : rules) {
      Optional<Set<String>> only = rule.trains(prepared);
      if (only.isPresent()) {
        trainable = trainable == null ? only.get()::contains : trainable.and(only.get()::contains);
      }
    }
    return trainable;
  }

  private static void checkWeights(TorchModel net) {
    if (net.parameters().isEmpty()) {
      throw new InvalidInputException("the model has no weight to train");
    }
    for (Map.Entry<String, Tensor> weight : net.weights().entrySet()) {
      for (long k = 0; k < weight.getValue().size(); k++) {
        if (Double.isNaN(weight.getValue().realAt(k))) {
          throw new InvalidInputException(
              "weight '%s' is NaN at element %d".formatted(weight.getKey(), k));
        }
      }
    }
  }
}
