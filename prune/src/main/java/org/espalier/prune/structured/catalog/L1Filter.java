package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Criterion;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Lifted;
import org.espalier.prune.structured.Normalization;
import org.espalier.prune.structured.Part;
import org.espalier.prune.structured.Reduction;

/** The filters with the smallest sum of magnitudes go (Li et al., 2017). */
public final class L1Filter implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "l1-filter",
            "Pruning Filters for Efficient ConvNets",
            "Removes the channels whose filters have the smallest L1 norm, the same share of each"
                + " group: simple, needs no data, and hard to beat after fine-tuning.")
        .paper("Li et al.", 2017, "arXiv:1608.08710")
        .patterns("structured")
        .needs("weights");
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Criterion.absolute(), Part.FILTERS, Reduction.SUM, Normalization.NONE);
  }
}
