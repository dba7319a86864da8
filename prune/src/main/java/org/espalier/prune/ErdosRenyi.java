package org.espalier.prune;

import java.util.Arrays;
import java.util.List;

/**
 * Erdős-Rényi-Kernel (Evci et al., 2020): a layer's density is proportional to the sum of its
 * weight's dimensions over their product, so that large layers bear more. Layers that would be more
 * than dense are dense, and the others share the rest.
 */
final class ErdosRenyi implements Allocation {
  @Override
  public String name() {
    return "erk";
  }

  @Override
  public boolean ranks() {
    return false;
  }

  @Override
  public long[] counts(Demand demand) {
    return Counts.of(demand, densities(demand.layers(), demand.density()));
  }

  /** The share of each layer's weights to keep, in [0, 1], so that {@code density} of all stay. */
  static double[] densities(List<Layer> layers, double density) {
    int count = layers.size();
    double[] ratio = new double[count];
    double total = 0;
    for (int k = 0; k < count; k++) {
      long[] dims = layers.get(k).tensor().dims();
      ratio[k] = (double) Arrays.stream(dims).sum() / layers.get(k).size();
      total += layers.get(k).size();
    }
    boolean[] dense = new boolean[count];
    while (true) {
      double budget = density * total;
      double shared = 0;
      for (int k = 0; k < count; k++) {
        int size = layers.get(k).size();
        budget -= dense[k] ? size : 0;
        shared += dense[k] ? 0 : ratio[k] * size;
      }
      double scale = shared == 0 ? 0 : budget / shared;
      double largest = 0;
      for (int k = 0; k < count; k++) {
        largest = dense[k] ? largest : Math.max(largest, ratio[k]);
      }
      if (scale * largest <= 1) {
        double[] densities = new double[count];
        for (int k = 0; k < count; k++) {
          densities[k] = dense[k] ? 1 : scale * ratio[k];
        }
        return densities;
      }
      for (int k = 0; k < count; k++) {
        dense[k] |= ratio[k] == largest;
      }
    }
  }

  @Override
  public String toString() {
    return name();
  }
}
