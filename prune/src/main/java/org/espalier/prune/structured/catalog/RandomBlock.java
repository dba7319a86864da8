package org.espalier.prune.structured.catalog;

import java.util.SplittableRandom;
import org.espalier.prune.About;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.rewrite.Blocks;
import org.espalier.prune.structured.BlockMethod;

/** Blocks go at random. */
public final class RandomBlock implements BlockMethod {
  @Override
  public About about() {
    return About.of(
            "random-block",
            "Random depth pruning",
            "Takes out residual blocks at random: what a method that chooses must beat to be worth"
                + " anything.")
        .paper("folklore; see Jordao et al.", 2023, "arXiv:2301.10835")
        .patterns("blocks")
        .needs("weights");
  }

  @Override
  public double[] score(Blocks blocks, Evidence evidence, long seed) {
    return new SplittableRandom(seed).doubles(blocks.all().size()).toArray();
  }
}
