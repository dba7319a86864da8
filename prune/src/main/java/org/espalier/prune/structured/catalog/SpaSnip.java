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

/** SNIP's sensitivity lifted to channels (Wang et al., 2024). */
public final class SpaSnip implements ChannelMethod {
  @Override
  public About about() {
    return new About(
        "spa-snip",
        "Structurally Prune Anything, by SNIP",
        "Sums |weight times gradient| over all coupled weights of a channel, "
            + "relative to its group, and ranks over all groups: also before training.",
        "Wang et al.",
        2024,
        "arXiv:2403.18955",
        "post-training",
        List.of("structured"),
        List.of(About.LABELS));
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Derivatives.sensitivity(), Part.WEIGHTS, Reduction.SUM, Normalization.MEAN);
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.GRADIENTS);
  }

  @Override
  public Scope scope() {
    return new Scope.Global();
  }
}
