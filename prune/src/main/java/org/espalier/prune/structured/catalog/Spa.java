package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.Criterion;

/** Magnitudes of all coupled weights lifted to channels (Wang et al., 2024). */
public final class Spa extends Anything {
  @Override
  public About about() {
    return about(
        "spa",
        "Structurally Prune Anything",
        "Sums the magnitudes of all coupled weights of a channel, relative to its "
            + "group, and ranks over all groups: any architecture, no data.",
        "weights");
  }

  @Override
  Criterion criterion() {
    return Criterion.absolute();
  }
}
