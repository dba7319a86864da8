package org.espalier.prune;

/** Uniform random scores: the control that every comparison includes. */
public final class RandomPruning implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "random",
            "Random pruning",
            "Removes weights at random with the same share in every layer: what a method must beat"
                + " to be worth anything.")
        .paper("folklore; see Frankle et al.", 2020, "arXiv:2009.08576")
        .patterns("unstructured", "N:M", "block")
        .needs("weights");
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
