package org.espalier.prune;

import java.util.Map;

/** One ranking over all layers. */
final class Global implements Allocation {
  @Override
  public String name() {
    return "global";
  }

  @Override
  public long[] counts(Demand demand) {
    Map<String, Mask> masks = new Selection(demand.pattern(), this).masks(demand).byWeight();
    return demand.layers().stream()
        .mapToLong(layer -> masks.get(layer.weight()).pruned())
        .toArray();
  }

  @Override
  public String toString() {
    return name();
  }
}
