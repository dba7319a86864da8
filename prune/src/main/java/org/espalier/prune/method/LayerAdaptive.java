package org.espalier.prune.method;

import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.allocation.Lamp;

/** Magnitudes, spread over the layers by {@link Lamp} (Lee et al., 2021). */
public final class LayerAdaptive implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "lamp",
            "Layer-adaptive magnitude pruning",
            "Removes the smallest weights, and of each layer as many as its own distribution of"
                + " magnitudes allows; needs no data, and holds up where one ranking by magnitude"
                + " starves a layer.")
        .paper("Lee et al.", 2021, "arXiv:2010.07611")
        .patterns("unstructured", "block")
        .needs("weights");
  }

  @Override
  public Allocation allocation() {
    return new Lamp();
  }

  @Override
  public Saliency saliency() {
    return Saliency.magnitude();
  }
}
