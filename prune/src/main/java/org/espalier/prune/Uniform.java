package org.espalier.prune;

import java.util.Arrays;

/** The same share of every layer. */
final class Uniform implements Allocation {
  @Override
  public String name() {
    return "uniform";
  }

  @Override
  public boolean ranks() {
    return false;
  }

  @Override
  public long[] counts(Demand demand) {
    double[] densities = new double[demand.layers().size()];
    Arrays.fill(densities, demand.density());
    return Counts.of(demand, densities);
  }

  @Override
  public String toString() {
    return name();
  }
}
