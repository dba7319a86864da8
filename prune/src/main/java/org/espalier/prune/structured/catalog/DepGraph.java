package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Criterion;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Lifted;
import org.espalier.prune.structured.Normalization;
import org.espalier.prune.structured.Part;
import org.espalier.prune.structured.Reduction;
import org.espalier.prune.structured.Scope;

/**
 * The group norm of DepGraph (Fang et al., 2023): squares summed in every weight that makes, scales
 * or reads a channel, the mean of them, relative to the group's mean; one ranking over all groups.
 */
public final class DepGraph implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "depgraph",
            "DepGraph: Towards Any Structural Pruning",
            "Removes the channels whose coupled weights together have the smallest norm, in one"
                + " ranking over all groups: a good default for a budget in parameters or MACs.")
        .paper("Fang et al.", 2023, "arXiv:2301.12900")
        .patterns("structured")
        .needs("weights");
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Criterion.squared(), Part.WEIGHTS, Reduction.MEAN, Normalization.MEAN);
  }

  @Override
  public Scope scope() {
    return new Scope.Global();
  }
}
