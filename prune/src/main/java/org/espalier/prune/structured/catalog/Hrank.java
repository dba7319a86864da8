package org.espalier.prune.structured.catalog;

import java.util.List;
import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.FeatureRank;
import org.espalier.prune.structured.GroupSaliency;

/** Channels whose feature maps have the lowest rank go (Lin et al., 2020). */
public final class Hrank implements ChannelMethod {
  @Override
  public About about() {
    return new About(
        "hrank",
        "HRank: Filter Pruning using High-Rank Feature Map",
        "Removes the channels whose feature maps have the lowest rank on average, "
            + "which hardly depends on the images: needs a few inputs and no labels.",
        "Lin et al.",
        2020,
        "arXiv:2002.10179",
        "post-training",
        List.of("structured"),
        List.of(About.INPUTS));
  }

  @Override
  public GroupSaliency saliency() {
    return new FeatureRank();
  }
}
