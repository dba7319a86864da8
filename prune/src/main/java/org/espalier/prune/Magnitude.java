package org.espalier.prune;

import java.util.List;

/** The smallest weights matter least (Han et al., 2015). */
public final class Magnitude implements ScoringMethod {
  @Override
  public About about() {
    return new About(
        "magnitude",
        "Magnitude pruning",
        "Removes the weights of smallest magnitude, in one ranking over all layers; the baseline to"
            + " beat, and good enough up to the sparsity where accuracy starts to fall.",
        "Han et al.",
        2015,
        "arXiv:1506.02626",
        "post-training",
        List.of("unstructured", "N:M", "block"),
        List.of("weights"));
  }

  @Override
  public Saliency saliency() {
    return Saliency.magnitude();
  }
}
