package org.espalier.train.method;

import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingTask;
import org.espalier.train.rule.CosinePenalty;

/**
 * Training that parts small weights from large ones, by {@link CosinePenalty}, and a cut at the
 * last step. What the paper puts back afterwards, the mean of what was cut, is {@code prune
 * --repair mean}.
 *
 * <p>docs/accuracy.md says what the cut costs on a small network.
 */
public final class OnTheFly implements TrainingMethod {
  private static final double PENALTY = 1e6;

  @Override
  public About about() {
    return About.of(
            "pruning-on-the-fly",
            "Pruning On-the-Fly",
            "Trains all weights to the end, while filters are drawn towards their own largest"
                + " weights, and prunes once at the last step: where weights may be wanted back, as"
                + " nothing is fine-tuned to their absence.")
        .paper("Liu and Liu", 2022, "arXiv:2212.12651")
        .training()
        .patterns("unstructured", "block")
        .needs("weights", "training data");
  }

  @Override
  public Allocation allocation() {
    return Allocation.UNIFORM;
  }

  @Override
  public Regimen plan(TrainingTask task) {
    return Regimen.of(
        task,
        new CosinePenalty(
            task.sparsity(about()),
            PENALTY,
            task.pattern(),
            task.allocation().orElse(allocation())));
  }
}
