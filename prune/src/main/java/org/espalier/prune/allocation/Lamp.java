package org.espalier.prune.allocation;

import org.espalier.prune.Allocation;
import org.espalier.prune.Demand;
import org.espalier.prune.Layer;

/**
 * Layer-adaptive magnitudes (Lee et al., 2021): one ranking over all layers of each squared weight
 * over the sum of those of its layer that are at least as large. Every layer's largest weight
 * scores 1, so none is emptied.
 */
public final class Lamp implements Allocation {
  @Override
  public String name() {
    return "lamp";
  }

  @Override
  public boolean ranks() {
    return false;
  }

  @Override
  public long[] counts(Demand demand) {
    return Allocation.GLOBAL.counts(TailShares.of(demand, Layer::weight));
  }

  @Override
  public String toString() {
    return name();
  }
}
