package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.coupling.Freedom;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Criterion;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Lifted;
import org.espalier.prune.structured.Normalization;
import org.espalier.prune.structured.Part;
import org.espalier.prune.structured.Reduction;
import org.espalier.prune.structured.Scope;

/**
 * Each layer drops the channels of the smallest scales, whatever those do that are added to it: a
 * sum takes what there is of each operand (Tessier et al., 2022).
 */
public final class LeverageStructured implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "leverage-structured",
            "Leveraging Structured Pruning of Convolutional Neural Networks",
            "Removes the channels with the smallest batch-normalisation scales, in one ranking and"
                + " each layer on its own: sums put the channels that are left in their places, so"
                + " that shortcuts keep what a block can do without.")
        .paper("Tessier et al.", 2022, "arXiv:2206.06247")
        .patterns("structured")
        .needs("weights");
  }

  @Override
  public Freedom freedom() {
    return Freedom.OPERANDS;
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Criterion.absolute(), Part.SCALES, Reduction.SUM, Normalization.NONE);
  }

  @Override
  public Scope scope() {
    return new Scope.Global();
  }
}
