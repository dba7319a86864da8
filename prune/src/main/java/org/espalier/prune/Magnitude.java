package org.espalier.prune;

/** The smallest weights matter least (Han et al., 2015). */
public final class Magnitude implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "magnitude",
            "Magnitude pruning",
            "Removes the weights of smallest magnitude, in one ranking over all layers; the"
                + " baseline to beat, and good enough up to the sparsity where accuracy starts to"
                + " fall.")
        .paper("Han et al.", 2015, "arXiv:1506.02626")
        .patterns("unstructured", "N:M", "block")
        .needs("weights");
  }

  @Override
  public Saliency saliency() {
    return Saliency.magnitude();
  }
}
