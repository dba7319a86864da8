package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.BatchTaylor;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Scope;

/** The first-order change of the loss when a filter goes (Molchanov et al., 2019). */
public final class TaylorFilter implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "taylor-filter",
            "Importance Estimation for Neural Network Pruning",
            "Removes the filters whose weights times gradients sum up to the smallest "
                + "change of the loss, in one ranking over all groups: for trained networks with"
                + " some labelled examples, before fine-tuning.")
        .paper("Molchanov et al.", 2019, "arXiv:1906.10771")
        .patterns("structured")
        .needs(About.LABELS);
  }

  @Override
  public GroupSaliency saliency() {
    return new BatchTaylor();
  }

  @Override
  public Scope scope() {
    return new Scope.Global();
  }
}
