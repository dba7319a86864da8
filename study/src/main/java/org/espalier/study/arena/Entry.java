package org.espalier.study.arena;

import java.util.EnumSet;
import java.util.Set;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.About;
import org.espalier.prune.Account;
import org.espalier.prune.Allocation;
import org.espalier.prune.Budget;
import org.espalier.prune.Count;
import org.espalier.prune.Method;
import org.espalier.prune.Outcome;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;
import org.espalier.prune.structured.BlockMethod;
import org.espalier.prune.structured.BlockOutcome;
import org.espalier.prune.structured.BlockRecipe;
import org.espalier.prune.structured.ChannelOutcome;
import org.espalier.prune.structured.ChannelRecipe;
import org.espalier.prune.structured.Meters;
import org.espalier.prune.structured.StructuredMethod;
import org.espalier.study.ChannelTools;
import org.espalier.study.ChannelTools.Measuring;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Splits;

/** One method at one budget with one seed. */
record Entry(
    Method method,
    Budget budget,
    Pattern pattern,
    Allocation allocation,
    Set<String> dense,
    long seed) {

  /** A network that came out, what is said of it, and how long it took. */
  record Pruned(Model model, String reached, Count before, Count after, double seconds) {}

  String name() {
    return method.about().name();
  }

  /** All that it is, for an identity. */
  String description() {
    return "%s %s %s %s %s seed %d"
        .formatted(
            method instanceof SmallerDense trained ? trained : name(),
            budget,
            pattern,
            allocation.name(),
            dense.stream().sorted().toList(),
            seed);
  }

  private Recipe recipe() {
    return Recipe.of(method)
        .pattern(pattern)
        .allocation(allocation)
        .budget(budget)
        .keepDense(dense)
        .seed(seed);
  }

  /** What is observed for it beforehand. */
  Set<Need> needs() {
    if (method instanceof StructuredMethod structured) {
      return structured.needs();
    }
    return method.trains() ? EnumSet.noneOf(Need.class) : recipe().beforehand();
  }

  /**
   * Prunes.
   *
   * @param evidence of this very model
   * @param threads for what is measured meanwhile
   * @throws InvalidInputException where the method can't
   */
  Pruned prune(Model model, Evidence evidence, Splits data, Dataset test, int threads) {
    if (method instanceof SmallerDense smaller) {
      return smaller.train(model, this, data.train());
    }
    if (method instanceof StructuredMethod) {
      return structured(model, evidence, data, test, threads);
    }
    long start = System.nanoTime();
    Outcome outcome = recipe().apply(model, evidence);
    return pruned(outcome.model(), outcome.certificate(), start);
  }

  private Pruned structured(
      Model model, Evidence evidence, Splits data, Dataset test, int threads) {
    long start = System.nanoTime();
    Dataset judged = budget instanceof Budget.AccuracyLoss ? test : null;
    Dataset tuning =
        method.about().needs().contains(About.EVALUATION_DATA)
            ? ChannelTools.tuning(data, seed)
            : null;
    try (ChannelTools tools =
        ChannelTools.of(
            budget, model, Measuring.by(any -> Judge.opened(any, threads)), null, judged, tuning)) {
      Meters meters = tools.meters();
      if (method instanceof BlockMethod) {
        BlockRecipe recipe = BlockRecipe.named(name()).budget(budget).keepDense(dense).seed(seed);
        BlockOutcome outcome = recipe.apply(model, evidence, meters);
        return pruned(outcome.model(), outcome.certificate(), start);
      }
      ChannelRecipe recipe = ChannelRecipe.named(name()).budget(budget).keepDense(dense).seed(seed);
      ChannelOutcome outcome = recipe.apply(model, evidence, meters);
      return pruned(outcome.model(), outcome.certificate(), start);
    }
  }

  /** What came out, with the seconds since {@code start}, in nanoseconds. */
  static Pruned pruned(Model model, Account account, long start) {
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Pruned(model, account.reached(), account.before(), account.after(), seconds);
  }
}
