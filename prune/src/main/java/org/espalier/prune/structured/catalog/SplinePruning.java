package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Redundancy;

/** Units whose hyperplanes nearly coincide are redundant (You et al., 2022). */
public final class SplinePruning implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "spline-pruning",
            "Max-Affine Spline Insights Into Deep Network Pruning",
            "Removes channels that bend their input where another does, nearest pairs first: for"
                + " networks with ReLU, before they are trained on.")
        .paper("You et al.", 2022, "arXiv:2101.02338")
        .patterns("structured")
        .needs("weights");
  }

  @Override
  public GroupSaliency saliency() {
    return new Redundancy(0.05, false);
  }
}
