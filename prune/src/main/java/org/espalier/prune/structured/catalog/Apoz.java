package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ActivationStatistic;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.GroupSaliency;

/** Channels that are mostly zero go (Hu et al., 2016). */
public final class Apoz implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "apoz",
            "Network Trimming",
            "Removes the channels that are zero most often, as the layers see them that "
                + "read them: for networks with ReLU.")
        .paper("Hu et al.", 2016, "arXiv:1607.03250")
        .patterns("structured")
        .needs(About.INPUTS);
  }

  @Override
  public GroupSaliency saliency() {
    return ActivationStatistic.NONZEROS;
  }
}
