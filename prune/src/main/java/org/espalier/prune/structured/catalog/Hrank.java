package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.FeatureRank;
import org.espalier.prune.structured.GroupSaliency;

/** Channels whose feature maps have the lowest rank go (Lin et al., 2020). */
public final class Hrank implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "hrank",
            "HRank: Filter Pruning using High-Rank Feature Map",
            "Removes the channels whose feature maps have the lowest rank on average, "
                + "which hardly depends on the images: needs a few inputs and no labels.")
        .paper("Lin et al.", 2020, "arXiv:2002.10179")
        .patterns("structured")
        .needs(About.INPUTS);
  }

  @Override
  public GroupSaliency saliency() {
    return new FeatureRank();
  }
}
