package org.espalier.prune.method;

import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.allocation.PqIndex;

/** Magnitudes, spread over the layers by their {@link PqIndex} (Diao et al., 2023). */
public final class SparsityInformed implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "sap",
            "Sparsity-informed adaptive pruning",
            "Removes more of layers whose magnitudes are more unequal, as told by the PQ index:"
                + " what they can spare.")
        .paper("Diao et al.", 2023, "arXiv:2302.05601")
        .patterns("unstructured", "block")
        .needs("weights");
  }

  @Override
  public Allocation allocation() {
    return new PqIndex();
  }

  @Override
  public Saliency saliency() {
    return Saliency.magnitude();
  }
}
