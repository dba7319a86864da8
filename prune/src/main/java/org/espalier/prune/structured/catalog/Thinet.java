package org.espalier.prune.structured.catalog;

import org.espalier.graph.Model;
import org.espalier.prune.About;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Choice;
import org.espalier.prune.structured.Contributions;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Rescaling;

/**
 * The channels go that the next layer misses least; those that stay are rescaled to make up for
 * them (Luo et al., 2017).
 */
public final class Thinet implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "thinet",
            "ThiNet: A Filter Level Pruning Method",
            "Removes, one after the other, the channels whose absence moves the outputs of the"
                + " layers that read them least, and rescales what stays: needs some inputs and no"
                + " labels.")
        .paper("Luo et al.", 2017, "arXiv:1707.06342")
        .patterns("structured")
        .needs(About.INPUTS);
  }

  @Override
  public GroupSaliency saliency() {
    return new Contributions(true);
  }

  @Override
  public Model remove(Removal removal, Choice choice) {
    return Rescaling.of(removal, Rewriting.of(removal).model(), choice.subject());
  }

  @Override
  public boolean repairs() {
    return true;
  }
}
