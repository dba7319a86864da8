package org.espalier.train.method;

import java.util.List;
import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingTask;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.rule.IterativePruning;

/**
 * Rounds of about a fifth of what is alive, by magnitude over all layers, a fiftieth of it to wake
 * units. Each round starts from the weights that the training began with, and at the learning rate
 * that it began with.
 */
public final class ActivateWhilePruning implements TrainingMethod {
  private static final double KEPT = 0.8;
  private static final double ACTIVATING = 0.02;

  @Override
  public About about() {
    return About.of(
            "activate-while-pruning",
            "AP: Selective Activation for De-sparsifying Pruned Neural Networks",
            "Prunes in rounds that train anew from the first weights, as lottery tickets do, and"
                + " spends a part of each round on negative weights that hardly moved, so that"
                + " fewer ReLU units stay silent. Takes many epochs: at 90% there are ten rounds.")
        .paper("Liu et al.", 2022, "arXiv:2212.06145")
        .training()
        .patterns("unstructured")
        .needs("weights", "training data");
  }

  @Override
  public Allocation allocation() {
    return Allocation.GLOBAL;
  }

  @Override
  public Regimen plan(TrainingTask task) {
    double sparsity = task.sparsity(about());
    int rounds = (int) Math.max(1, Math.round(Math.log(1 - sparsity) / Math.log(KEPT)));
    TrainingOptions options = task.options();
    LearningRate restarting = new LearningRate.Restarts(rounds + 1, options.rate());
    return new Regimen(
        task.data(),
        options.withOptimizer(options.optimizer(), restarting),
        List.of(
            new IterativePruning(
                sparsity, ACTIVATING, task.allocation().orElse(allocation()), rounds, true)));
  }
}
