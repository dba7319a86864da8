package org.espalier.prune;

import java.util.List;

/** Uniform random scores: the control that every comparison includes. */
public final class RandomPruning implements ScoringMethod {
  @Override
  public About about() {
    return new About(
        "random",
        "Random pruning",
        "Removes weights at random with the same share in every layer: what a method must beat to"
            + " be worth anything.",
        "folklore; see Frankle et al.",
        2020,
        "arXiv:2009.08576",
        "post-training",
        List.of("unstructured", "N:M", "block"),
        List.of("weights"));
  }

  @Override
  public Saliency saliency() {
    return Saliency.random();
  }

  @Override
  public Allocation allocation() {
    return Allocation.UNIFORM;
  }
}
