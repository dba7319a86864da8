package org.espalier.prune.structured.catalog;

import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;
import org.espalier.prune.rewrite.Blocks;
import org.espalier.prune.structured.BlockMethod;
import org.espalier.prune.structured.BlockSensitivity;

/** Blocks chosen before training by SNIP's sensitivity (Jordao et al., 2023). */
public final class LayerLotterySnip implements BlockMethod {
  @Override
  public About about() {
    return About.of(
            "layer-lottery-snip",
            "When Layers Play the Lottery, by SNIP",
            "Takes out the residual blocks whose weights the loss reacts to least, on average over"
                + " a block: for networks before training, from a few labelled batches.")
        .paper("Jordao et al.", 2023, "arXiv:2301.10835")
        .patterns("blocks")
        .needs(About.LABELS);
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.GRADIENTS);
  }

  @Override
  public double[] score(Blocks blocks, Evidence evidence, long seed) {
    return BlockSensitivity.of(blocks, evidence);
  }
}
