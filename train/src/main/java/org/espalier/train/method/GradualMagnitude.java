package org.espalier.train.method;

import org.espalier.prune.About;
import org.espalier.train.GradualPruning;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingTask;

/** Magnitude pruning along a cubic while the network trains: see {@link GradualPruning}. */
public final class GradualMagnitude implements TrainingMethod {
  @Override
  public About about() {
    return About.of(
            "gradual-magnitude",
            "Gradual magnitude pruning",
            "Removes the smallest weights a few at a time while the network trains, fast at first"
                + " and slowly at the end, so that the others learn to do without them; hard to"
                + " beat where training data are at hand.")
        .paper("Zhu and Gupta", 2017, "arXiv:1710.01878")
        .training()
        .patterns("unstructured", "block")
        .needs("weights", "training data");
  }

  @Override
  public Regimen plan(TrainingTask task) {
    return Regimen.of(
        task,
        GradualPruning.magnitude(task.sparsity(about()), task.steps())
            .in(task.pattern(), task.allocation().orElse(allocation())));
  }
}
