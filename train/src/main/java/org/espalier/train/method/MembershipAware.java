package org.espalier.train.method;

import java.util.List;
import java.util.Optional;
import org.espalier.prune.About;
import org.espalier.train.Regimen;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingTask;
import org.espalier.train.data.Splits;
import org.espalier.train.rule.Admm;
import org.espalier.train.rule.MembershipGame;

/** ADMM against membership inference, with an attacker in the loop. */
public final class MembershipAware implements TrainingMethod {
  private static final double HELD_BACK = 0.1;

  @Override
  public About about() {
    return About.of(
            "mia-pruning",
            "Against Membership Inference Attack: Pruning is All You Need",
            "Prunes by ADMM while the network trains against an attacker who tells members of the"
                + " training data from others, a tenth of it that is held back: for networks that"
                + " shouldn't give away what they learned from. ADMM needs some epochs.")
        .paper("Wang et al.", 2021, "arXiv:2008.13578")
        .training()
        .patterns("unstructured", "block")
        .needs("weights", "training data");
  }

  @Override
  public Regimen plan(TrainingTask task) {
    double sparsity = task.sparsity(about());
    Splits parts =
        new Splits("the training part", Optional.of(task.data()), Optional.empty())
            .validation(HELD_BACK, task.options().seed());
    long steps = Trainer.steps(parts.train(), task.options());
    return new Regimen(
        parts.train(),
        task.options(),
        List.of(
            new MembershipGame(parts.test(), 1, 0.1, 64),
            Admm.until(
                steps / 3, sparsity, task.pattern(), task.allocation().orElse(allocation()))));
  }
}
