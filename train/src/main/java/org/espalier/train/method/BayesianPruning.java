package org.espalier.train.method;

import java.util.List;
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
    return new About(
        "bayes-factor",
        "Pruning a neural network using Bayesian inference",
        "Proposes sparser networks while it trains and takes those that the data and a Gaussian"
            + " prior favour: for small classifiers, where pruning should wait until the network"
            + " is ready for it.",
        "Mathew and Rowe",
        2023,
        "arXiv:2308.02451",
        "training",
        List.of("unstructured", "block"),
        List.of("weights", "training data"));
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
