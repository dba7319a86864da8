package org.espalier.prune;

import java.util.Arrays;
import java.util.List;

/**
 * Erdős-Rényi-Kernel behind a dense classifier (Liu et al., 2022): the last layer keeps all its
 * weights, and the others share what is left of the budget. Where that wouldn't leave them any, the
 * classifier takes part.
 */
public final class ErdosRenyiPlus implements Allocation {
  @Override
  public String name() {
    return "erk-plus";
  }

  @Override
  public boolean ranks() {
    return false;
  }

  @Override
  public long[] counts(Demand demand) {
    List<Layer> layers = demand.layers();
    int last = layers.size() - 1;
    long rest = demand.size() - layers.get(last).size();
    long keep = demand.size() - demand.prune() - layers.get(last).size();
    if (last == 0 || keep < last) {
      return Allocation.ERK.counts(demand);
    }
    double[] shares = ErdosRenyi.densities(layers.subList(0, last), (double) keep / rest);
    double[] densities = Arrays.copyOf(shares, last + 1);
    densities[last] = 1;
    return Counts.of(demand, densities);
  }

  @Override
  public String toString() {
    return name();
  }
}
