package org.espalier.train;

import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.prune.Budget;
import org.espalier.prune.Pattern;
import org.espalier.train.data.Dataset;

/**
 * What a method that trains is asked to do.
 *
 * @param data to learn from
 * @param options how, as the user wants it
 * @param budget what is to be left, for methods that prune
 * @param pattern of what goes
 * @param allocation over the layers, where the user says
 * @param base the network before it was fine-tuned, where that isn't the one that is trained
 */
public record TrainingTask(
    Dataset data,
    TrainingOptions options,
    Optional<Budget> budget,
    Pattern pattern,
    Optional<Allocation> allocation,
    Optional<Model> base) {

  /** Without a base of its own. */
  public TrainingTask(
      Dataset data,
      TrainingOptions options,
      Optional<Budget> budget,
      Pattern pattern,
      Optional<Allocation> allocation) {
    this(data, options, budget, pattern, allocation, Optional.empty());
  }

  /** How many steps the training has. */
  public long steps() {
    return Trainer.steps(data, options);
  }

  /** Refuses to be asked for zeros by a method that makes none. */
  public void refuseToPrune(About method) {
    if (budget.isPresent()
        || allocation.isPresent()
        || !(pattern instanceof Pattern.Unstructured)) {
      throw new InvalidInputException(
          "--recipe %s prunes nothing: it takes no --budget, --pattern or --allocation"
              .formatted(method.name()));
    }
  }

  /** The share of weights that a method is to make zero, in a pattern that it can. */
  public double sparsity(About method) {
    if (!method.patterns().contains(pattern.kind())) {
      throw new InvalidInputException(
          "method '%s' doesn't prune in pattern %s; its patterns are: %s"
              .formatted(method.name(), pattern, String.join(", ", method.patterns())));
    }
    if (budget.isPresent() && budget.get() instanceof Budget.Sparsity(double share)) {
      return share;
    }
    throw new InvalidInputException(
        "--recipe %s needs --budget sparsity=S".formatted(method.name()));
  }

  /** The share of all channels that a method is to remove. */
  public double channels(About method) {
    if (budget.isPresent() && budget.get() instanceof Budget.Channels(double share)) {
      return share;
    }
    throw new InvalidInputException(
        "--recipe %s needs --budget channels=S".formatted(method.name()));
  }
}
