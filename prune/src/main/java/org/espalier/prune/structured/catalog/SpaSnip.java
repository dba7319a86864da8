package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.Criterion;
import org.espalier.prune.structured.Derivatives;

/** SNIP's sensitivity lifted to channels (Wang et al., 2024). */
public final class SpaSnip extends Anything {
  @Override
  public About about() {
    return about(
        "spa-snip",
        "Structurally Prune Anything, by SNIP",
        "Sums |weight times gradient| over all coupled weights of a channel, "
            + "relative to its group, and ranks over all groups: also before training.",
        About.LABELS);
  }

  @Override
  Criterion criterion() {
    return Derivatives.sensitivity();
  }
}
