package org.espalier.prune.method;

import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.Solution;
import org.espalier.prune.evidence.Evidence;

/**
 * DARE (Yu et al., 2024): drops at random, and divides what stays by the share that stays, so that
 * the sum is the same in the mean. Meant for what fine-tuning changed, which is small and alike.
 */
public final class RandomDrop implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "dare",
            "DARE: drop and rescale",
            "Drops weights at random and scales up the rest; for what fine-tuning changed (--base),"
                + " of which nine tenths aren't needed, and more where the changes are small.")
        .paper("Yu et al.", 2024, "arXiv:2311.03099")
        .patterns("unstructured", "N:M", "block")
        .needs("weights");
  }

  @Override
  public Allocation allocation() {
    return Allocation.UNIFORM;
  }

  @Override
  public Saliency saliency() {
    return Saliency.random();
  }

  @Override
  public Solution update(Layer layer, Mask mask, Evidence evidence) {
    double before = layer.tensor().nonzeros();
    double after = mask.kept();
    return Solution.scaled(layer, mask, after == 0 ? 1 : before / after);
  }
}
