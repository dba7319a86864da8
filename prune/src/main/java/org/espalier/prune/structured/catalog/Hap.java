package org.espalier.prune.structured.catalog;

import org.espalier.graph.Model;
import org.espalier.prune.About;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Choice;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.HessianTrace;
import org.espalier.prune.structured.Implants;
import org.espalier.prune.structured.Scope;

/**
 * The mean curvature of a filter times its norm; a tenth of what is pruned is implanted instead of
 * removed (Yu et al., 2022).
 */
public final class Hap implements ChannelMethod {
  private static final Implants IMPLANTS = new Implants(0.1);

  @Override
  public About about() {
    return About.of(
            "hap",
            "Hessian-Aware Pruning",
            "Removes the filters that the loss is flat in, by the trace of the Hessian "
                + "over their weights, in one ranking; the next in line shrink to windows of 1. For"
                + " trained networks with labelled examples and time for second derivatives.")
        .paper("Yu et al.", 2022, "arXiv:2101.08940")
        .patterns("structured")
        .needs(About.LABELS);
  }

  @Override
  public GroupSaliency saliency() {
    return new HessianTrace(16);
  }

  @Override
  public Scope scope() {
    return new Scope.Global();
  }

  @Override
  public double most() {
    return 0.95;
  }

  @Override
  public Model cut(Removal removal, Choice choice) {
    return IMPLANTS.in(removal, choice);
  }

  @Override
  public boolean repairs() {
    return true;
  }
}
