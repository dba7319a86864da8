package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Criterion;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Lifted;
import org.espalier.prune.structured.Normalization;
import org.espalier.prune.structured.Part;
import org.espalier.prune.structured.Reduction;

/** The filters with the smallest Euclidean norm go. */
public final class L2Filter implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "l2-filter",
            "L2 filter pruning",
            "Removes the channels whose filters have the smallest L2 norm, the same share of each"
                + " group: like l1-filter, with more weight on single large entries.")
        .paper("folklore; see Li et al.", 2017, "arXiv:1608.08710")
        .patterns("structured")
        .needs("weights");
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Criterion.euclidean(), Part.FILTERS, Reduction.SUM, Normalization.NONE);
  }
}
