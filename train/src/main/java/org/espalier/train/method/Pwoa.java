package org.espalier.train.method;

import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingTask;
import org.espalier.train.data.Dataset;
import org.espalier.train.rule.Admm;
import org.espalier.train.rule.Distillation;
import org.espalier.train.rule.HsicBottleneck;

/**
 * Pruning a robust network without adversarial examples (Jian et al., 2022): a third of the
 * training is ADMM, the rest is under the mask, with the bottleneck. All of it learns from the
 * network as it was and not from labels. The learning rate goes on as the user has it; the paper
 * starts it anew with every update of ADMM.
 */
public final class Pwoa implements TrainingMethod {
  @Override
  public About about() {
    return About.of(
            "pwoa",
            "Pruning Adversarially Robust Neural Networks without Adversarial Examples",
            "Prunes a network that was trained to resist adversarial examples on clean data alone:"
                + " it learns from its dense self and forgets what inputs tell beyond the label;"
                + " for robust networks where adversarial training is too dear. ADMM needs some"
                + " epochs.")
        .paper("Jian et al.", 2022, "arXiv:2210.04311")
        .training()
        .patterns("unstructured", "block")
        .needs("weights", "training data");
  }

  @Override
  public Regimen plan(TrainingTask task) {
    double sparsity = task.sparsity(about());
    long pruned = task.steps() / 3;
    Allocation spread = task.allocation().orElse(allocation());
    return Regimen.of(
        task,
        new Distillation(10, 30, 0),
        bottleneck(task.data(), pruned),
        Admm.until(pruned, sparsity, task.pattern(), spread));
  }

  /** With the paper's weights for MNIST where examples have one channel, else for CIFAR-10. */
  private static HsicBottleneck bottleneck(Dataset data, long from) {
    boolean grey = data.exampleShape().length < 3 || data.exampleShape()[0] == 1;
    return grey ? new HsicBottleneck(2e-4, 5e-5, 5, from) : new HsicBottleneck(2e-5, 1e-4, 5, from);
  }
}
