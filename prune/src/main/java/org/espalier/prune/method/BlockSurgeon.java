package org.espalier.prune.method;

import java.util.List;
import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.Solution;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;

/**
 * CHITA-BSO (Benbaki et al., 2023): the largest weights stay, and those of a block take the values
 * that make up best for those of the block that go. Each block of consecutive weights is a sparse
 * regression of its own, solved exactly where the paper takes one step.
 */
public final class BlockSurgeon implements ScoringMethod {
  private final WoodFisher blocks = new WoodFisher(500, 0.01, true);

  @Override
  public About about() {
    return new About(
        "chita-bso",
        "CHITA's block surgeon",
        "Keeps the largest weights and solves for their new values block by block, from single"
            + " examples' gradients; the cheap form of chita, for networks that it takes too long"
            + " on.",
        "Benbaki et al.",
        2023,
        "arXiv:2302.14623",
        "post-training",
        List.of("unstructured", "N:M", "block"),
        List.of("sample gradients"));
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.SAMPLE_GRADIENTS);
  }

  @Override
  public Saliency saliency() {
    return Saliency.magnitude();
  }

  @Override
  public Solution update(Layer layer, Mask mask, Evidence evidence) {
    return blocks.update(layer, mask, evidence);
  }
}
