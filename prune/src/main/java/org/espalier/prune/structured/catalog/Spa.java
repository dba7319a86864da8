package org.espalier.prune.structured.catalog;

import java.util.List;
import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Criterion;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Lifted;
import org.espalier.prune.structured.Normalization;
import org.espalier.prune.structured.Part;
import org.espalier.prune.structured.Reduction;
import org.espalier.prune.structured.Scope;

/** Magnitudes of all coupled weights lifted to channels (Wang et al., 2024). */
public final class Spa implements ChannelMethod {
  @Override
  public About about() {
    return new About(
        "spa",
        "Structurally Prune Anything",
        "Sums the magnitudes of all coupled weights of a channel, relative to its "
            + "group, and ranks over all groups: any architecture, no data.",
        "Wang et al.",
        2024,
        "arXiv:2403.18955",
        "post-training",
        List.of("structured"),
        List.of("weights"));
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Criterion.absolute(), Part.WEIGHTS, Reduction.SUM, Normalization.MEAN);
  }

  @Override
  public Scope scope() {
    return new Scope.Global();
  }
}
