package org.espalier.prune.method;

import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.allocation.Ecoflap;
import org.espalier.prune.evidence.Need;

/** {@link Wanda} within layers, spread over them by {@link Ecoflap} (Sung et al., 2024). */
public final class CoarseToFine implements ScoringMethod {
  private final Wanda local = new Wanda();

  @Override
  public About about() {
    return About.of(
            "ecoflap",
            "Efficient coarse-to-fine layer-wise pruning",
            "Wanda with more weights left to the layers that the loss is sensitive to, found by"
                + " forward passes alone; for large models at half of their weights, where"
                + " gradients cost too much.")
        .paper("Sung et al.", 2024, "arXiv:2310.02998")
        .patterns("unstructured", "block")
        .needs("inputs", "loss");
  }

  @Override
  public Set<Need> needs() {
    return local.needs();
  }

  @Override
  public boolean inSequence() {
    return local.inSequence();
  }

  @Override
  public Allocation allocation() {
    return new Ecoflap();
  }

  @Override
  public Saliency saliency() {
    return local.saliency();
  }
}
