package org.espalier.prune.structured.catalog;

import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;
import org.espalier.prune.rewrite.Blocks;
import org.espalier.prune.structured.BlockMethod;
import org.espalier.prune.structured.OutputDivergence;

/** Residual blocks without which the outputs change least go (Jordao et al., 2023). */
public final class LayerLottery implements BlockMethod {
  @Override
  public About about() {
    return About.of(
            "layer-lottery",
            "When Layers Play the Lottery, all Tickets Win at Initialization",
            "Takes out the residual blocks without which the answers diverge least: a shallower"
                + " network is faster on any machine, and needs some inputs without labels.")
        .paper("Jordao et al.", 2023, "arXiv:2301.10835")
        .patterns("blocks")
        .needs(About.INPUTS);
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.OUTPUTS);
  }

  @Override
  public double[] score(Blocks blocks, Evidence evidence, long seed) {
    return OutputDivergence.of(blocks, evidence.calibration());
  }
}
