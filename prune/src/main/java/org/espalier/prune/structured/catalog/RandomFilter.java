package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.GroupSaliency;

/** Channels drawn at random: the control. */
public final class RandomFilter implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "random-filter",
            "Random channel pruning",
            "Removes channels at random, the same share of each group: what a method must beat to"
                + " be worth anything.")
        .paper("folklore; see Mittal et al.", 2018, "arXiv:1801.10447")
        .patterns("structured")
        .needs("weights");
  }

  @Override
  public GroupSaliency saliency() {
    return GroupSaliency.random();
  }
}
