package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Contributions;
import org.espalier.prune.structured.GroupSaliency;

/** Each channel by what the next layer would miss without it. */
public final class NextLayer implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "next-layer",
            "Next-layer reconstruction error",
            "Removes the channels that contribute least to the outputs of the layers "
                + "that read them, each looked at alone: a cheaper ThiNet.")
        .paper("folklore; see He et al.", 2017, "arXiv:1707.06168")
        .patterns("structured")
        .needs(About.INPUTS);
  }

  @Override
  public GroupSaliency saliency() {
    return new Contributions(false);
  }
}
