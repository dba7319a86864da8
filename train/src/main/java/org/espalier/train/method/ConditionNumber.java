package org.espalier.train.method;

import org.espalier.prune.About;
import org.espalier.train.GradualPruning;
import org.espalier.train.Regimen;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingTask;
import org.espalier.train.rule.AdversarialExamples;
import org.espalier.train.rule.Conditioning;
import org.espalier.train.rule.TransformedL1;

/** Adversarial training with well-conditioned weights, pruned gradually by magnitude. */
public final class ConditionNumber implements TrainingMethod {
  private static final double PIXEL = 1.0 / 255;

  /** The paper's isn't known. On MLPNet 1 costs a point of clean accuracy. */
  private static final double CONDITIONING = 0.3;

  @Override
  public About about() {
    return About.of(
            "tscnc",
            "Lipschitz Constant Meets Condition Number: Learning Robust and Compact Deep Neural"
                + " Networks",
            "Trains on adversarial examples with two penalties, for weights that are small and"
                + " matrices that are ill-conditioned, while it prunes by magnitude: for sparse"
                + " networks that small changes of the input can't fool. Takes ten times as long as"
                + " plain training.")
        .paper("Feng et al.", 2025, "arXiv:2503.20454")
        .training()
        .patterns("unstructured", "block")
        .needs("weights", "training data");
  }

  @Override
  public Regimen plan(TrainingTask task) {
    return Regimen.of(
        task,
        new AdversarialExamples(8 * PIXEL, 2 * PIXEL, 10),
        new TransformedL1(1e-5, 1),
        new Conditioning(CONDITIONING, 1e-3),
        GradualPruning.magnitude(task.sparsity(about()), task.steps())
            .in(task.pattern(), task.allocation().orElse(allocation())));
  }
}
