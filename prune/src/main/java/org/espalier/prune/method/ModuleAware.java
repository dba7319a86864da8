package org.espalier.prune.method;

import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.allocation.Dimap;

/** Magnitudes, spread over a transformer by {@link Dimap} (He and Zhou, 2024). */
public final class ModuleAware implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "dimap",
            "Data-independent module-aware pruning",
            "Layer-adaptive magnitudes with layers of a kind pooled, such as all that make queries,"
                + " keys and values; for transformers whose stages differ in width.")
        .paper("He and Zhou", 2024, "arXiv:2404.13648")
        .patterns("unstructured", "block")
        .needs("weights");
  }

  @Override
  public Allocation allocation() {
    return new Dimap();
  }

  @Override
  public Saliency saliency() {
    return Saliency.magnitude();
  }
}
