package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.Criterion;
import org.espalier.prune.structured.Derivatives;

/** Optimal Brain Damage lifted to channels (Wang et al., 2024). */
public final class SpaObd extends Anything {
  @Override
  public About about() {
    return about(
        "spa-obd",
        "Structurally Prune Anything, by OBD",
        "Sums the loss that each coupled weight of a channel would cost to second "
            + "order, relative to its group, and ranks over all groups: for any"
            + " trained architecture, with some labelled examples.",
        About.LABELS);
  }

  @Override
  Criterion criterion() {
    return Derivatives.brainDamage();
  }
}
