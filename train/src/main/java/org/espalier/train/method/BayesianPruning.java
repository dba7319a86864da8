package org.espalier.train.method;

import org.espalier.prune.About;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingTask;
import org.espalier.train.rule.BayesFactor;

/** The smallest weights of each layer go whenever the Bayes factor favours the sparser network. */
public final class BayesianPruning implements TrainingMethod {
  private static final int PROPOSALS = 50;

  @Override
  public About about() {
    return About.of(
            "bayes-factor",
            "Pruning a neural network using Bayesian inference",
            "Proposes sparser networks while it trains and takes those that the data and a Gaussian"
                + " prior favour: for small classifiers, where pruning should wait until the"
                + " network is ready for it.")
        .paper("Mathew and Rowe", 2023, "arXiv:2308.02451")
        .training()
        .patterns("unstructured", "block")
        .needs("weights", "training data");
  }

  @Override
  public Regimen plan(TrainingTask task) {
    return Regimen.of(
        task,
        new BayesFactor(
            task.sparsity(about()),
            1,
            PROPOSALS,
            task.pattern(),
            task.allocation().orElse(allocation())));
  }
}
