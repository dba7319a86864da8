package org.espalier.study.arena;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.About;
import org.espalier.prune.Budget;
import org.espalier.prune.Count;
import org.espalier.prune.Method;
import org.espalier.prune.Recipe;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.structured.ChannelCertificate;
import org.espalier.prune.structured.ChannelOutcome;
import org.espalier.prune.structured.ChannelRecipe;
import org.espalier.prune.structured.Meters;
import org.espalier.train.Redrawn;
import org.espalier.train.Trained;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingProgress;
import org.espalier.train.data.Dataset;

/**
 * The other baseline: a dense network with as many parameters as a pruned one has left. It's the
 * same architecture with every group of channels narrowed alike, its weights drawn anew, trained
 * from nothing. It owes nothing to the trained network, and has its training beyond the others.
 *
 * @param epochs how long it's trained
 */
record SmallerDense(int epochs) implements Method {
  static final String NAME = "smaller-dense";

  /** libtorch's random numbers, which dropout draws from, are the process's. */
  private static final Object TRAINING = new Object();

  SmallerDense {
    if (epochs < 1) {
      throw new InvalidInputException(
          "the smaller dense network is trained for %d epochs, expected 1 or more"
              .formatted(epochs));
    }
  }

  @Override
  public About about() {
    return About.of(
            NAME,
            "A smaller dense network",
            "The same architecture, narrower, with as many parameters, trained from nothing: what a"
                + " pruned network must beat to be worth its zeros.")
        .paper("Blalock et al.", 2020, "arXiv:2003.03033")
        .training()
        .patterns("structured")
        .needs(About.LABELS);
  }

  Entry.Pruned train(Model model, Entry entry, Dataset data) {
    ChannelOutcome narrow =
        ChannelRecipe.named("random-filter")
            .budget(budget(model, entry))
            .seed(entry.seed())
            .apply(model, Evidence.NONE, Meters.NONE);
    Model fresh = Redrawn.of(narrow.model(), entry.seed());
    if (fresh.graph().nodes().stream().noneMatch(node -> node.is("Dropout"))) {
      return trained(fresh, narrow.certificate(), entry, data);
    }
    synchronized (TRAINING) {
      return trained(fresh, narrow.certificate(), entry, data);
    }
  }

  private Entry.Pruned trained(
      Model fresh, ChannelCertificate narrowed, Entry entry, Dataset data) {
    long start = System.nanoTime();
    TrainingOptions options = TrainingOptions.usual(epochs).withSeed(entry.seed());
    try {
      Trained trained =
          new Trainer(fresh, options).train(data, Optional.empty(), TrainingProgress.SILENT);
      return Entry.pruned(trained.model(), narrowed, start);
    } catch (IOException impossible) { // it has no checkpoint
      throw new UncheckedIOException(impossible);
    }
  }

  /** As many parameters as are left of the dense network when that share of its weights is zero. */
  private static Budget budget(Model model, Entry entry) {
    if (!(entry.budget() instanceof Budget.Sparsity(double share))) {
      return entry.budget();
    }
    Recipe recipe = Recipe.named("random").keepDense(entry.dense());
    long gone = Math.round(share * recipe.layers(model).size());
    return new Budget.Parameters(Count.of(model).parameters() - gone);
  }

  @Override
  public String toString() {
    return "%s, %d epochs".formatted(NAME, epochs);
  }
}
