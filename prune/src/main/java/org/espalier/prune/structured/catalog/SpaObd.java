package org.espalier.prune.structured.catalog;

import java.util.List;
import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.evidence.Need;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Derivatives;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Lifted;
import org.espalier.prune.structured.Normalization;
import org.espalier.prune.structured.Part;
import org.espalier.prune.structured.Reduction;
import org.espalier.prune.structured.Scope;

/** Optimal Brain Damage lifted to channels (Wang et al., 2024). */
public final class SpaObd implements ChannelMethod {
  @Override
  public About about() {
    return new About(
        "spa-obd",
        "Structurally Prune Anything, by OBD",
        "Sums the loss that each coupled weight of a channel would cost to second "
            + "order, relative to its group, and ranks over all groups: for any"
            + " trained architecture, with some labelled examples.",
        "Wang et al.",
        2024,
        "arXiv:2403.18955",
        "post-training",
        List.of("structured"),
        List.of(About.LABELS));
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Derivatives.brainDamage(), Part.WEIGHTS, Reduction.SUM, Normalization.MEAN);
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.FISHER_DIAGONAL);
  }

  @Override
  public Scope scope() {
    return new Scope.Global();
  }
}
