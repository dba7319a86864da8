package org.espalier.train.method;

import org.espalier.prune.About;
import org.espalier.train.GradualPruning;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingTask;
import org.espalier.train.rule.DisparateImpact;

/** Gradual magnitude pruning, then fine-tuning that lets no class fall behind. */
public final class BalancingAct implements TrainingMethod {
  /** Every class's own loss still counts half of what it does without constraints. */
  private static final double MOST = 0.5;

  @Override
  public About about() {
    return About.of(
            "balancing-act",
            "Balancing Act: Constraining Disparate Impact in Sparse Models",
            "Prunes gradually, then fine-tunes under a constraint for each class: it may lose at"
                + " most 1% of accuracy more than the average of all classes does. For networks"
                + " whose worst class counts; start from a trained network, which is what losses"
                + " are measured by.")
        .paper("Hashemizadeh et al.", 2024, "arXiv:2310.20673")
        .training()
        .patterns("unstructured", "block")
        .needs("weights", "training data");
  }

  @Override
  public Regimen plan(TrainingTask task) {
    long pruned = task.steps() * 3 / 10;
    GradualPruning gradual =
        GradualPruning.magnitude(task.sparsity(about()), 0, pruned)
            .in(task.pattern(), task.allocation().orElse(allocation()));
    return Regimen.of(task, gradual, new DisparateImpact(0.01, 0.01, MOST, 40, pruned + 1));
  }
}
