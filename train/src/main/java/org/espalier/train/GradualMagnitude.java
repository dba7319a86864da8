package org.espalier.train;

import java.util.List;
import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;

/** Magnitude pruning along a cubic while the network trains: see {@link GradualPruning}. */
public final class GradualMagnitude implements ScoringMethod {
  @Override
  public About about() {
    return new About(
        "gradual-magnitude",
        "Gradual magnitude pruning",
        "Removes the smallest weights a few at a time while the network trains, fast at first and"
            + " slowly at the end, so that the others learn to do without them; hard to beat where"
            + " training data are at hand.",
        "Zhu and Gupta",
        2017,
        "arXiv:1710.01878",
        "training",
        List.of("unstructured", "block"),
        List.of("weights", "training data"));
  }

  @Override
  public Saliency saliency() {
    return Saliency.magnitude();
  }

  @Override
  public Allocation allocation() {
    return Allocation.UNIFORM;
  }
}
