package org.espalier.prune.method;

import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.allocation.RateDistortion;

/** Magnitudes, spread over the layers by {@link RateDistortion} (Xu et al., 2023). */
public final class RateDistortionPruning implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "rd-prune-dp",
            "Pruning by rate and distortion",
            "Measures how each layer alone moves the outputs when its smallest weights go, then"
                + " finds the best amounts by dynamic programming; for a handful of unlabelled"
                + " examples and moderate sparsity.")
        .paper("Xu et al.", 2023, "arXiv:2308.10438")
        .patterns("unstructured", "block")
        .needs("outputs");
  }

  @Override
  public Allocation allocation() {
    return new RateDistortion();
  }

  @Override
  public Saliency saliency() {
    return Saliency.magnitude();
  }
}
