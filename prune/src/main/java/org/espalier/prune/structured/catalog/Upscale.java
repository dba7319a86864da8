package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.coupling.Freedom;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Criterion;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Lifted;
import org.espalier.prune.structured.Normalization;
import org.espalier.prune.structured.Part;
import org.espalier.prune.structured.Reduction;

/**
 * Each layer drops the inputs that it can do without best; what no layer reads any more is not made
 * (Wan et al., 2023).
 */
public final class Upscale implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "upscale",
            "UPSCALE: Unconstrained Channel Pruning",
            "Lets every layer choose the inputs that it reads, by the L2 norm of their weights, and"
                + " puts channels in an order in which that is a slice: far more accurate before"
                + " fine-tuning where layers share inputs, and slower than tied channels of the"
                + " same work.")
        .paper("Wan et al.", 2023, "arXiv:2307.08771")
        .patterns("structured")
        .needs("weights");
  }

  @Override
  public Freedom freedom() {
    return Freedom.READERS;
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Criterion.euclidean(), Part.READERS, Reduction.SUM, Normalization.NONE);
  }
}
