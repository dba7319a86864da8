package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.GeometricMedian;
import org.espalier.prune.structured.GroupSaliency;

/** The filters nearest to the geometric median of their layer go (He et al., 2019). */
public final class Fpgm implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "fpgm",
            "Filter Pruning via Geometric Median",
            "Removes the filters that are nearest to all others, which can stand in for them:"
                + " useful where norms tell little apart.")
        .paper("He et al.", 2019, "arXiv:1811.00250")
        .patterns("structured")
        .needs("weights");
  }

  @Override
  public GroupSaliency saliency() {
    return new GeometricMedian();
  }
}
