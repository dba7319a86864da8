package org.espalier.prune.allocation;

import java.util.Arrays;
import org.espalier.prune.Allocation;
import org.espalier.prune.Counts;
import org.espalier.prune.Demand;

/**
 * One ranking over all layers that leaves none with next to nothing (Gupta et al., 2022,
 * arXiv:2209.14624): where a layer would keep fewer weights than a small share of the network's, it
 * keeps that many, and the others give up as much more. Layers as small as that stay dense. Where
 * so many weights of each are more than may stay, as at 99.9% of a network of twenty layers, the
 * floor is lower.
 */
public final class GlobalFloor implements Allocation {
  private static final double SHARE = 0.0005;

  private final double share;

  public GlobalFloor() {
    this(SHARE);
  }

  /**
   * @param share of all weights that every layer keeps
   */
  GlobalFloor(double share) {
    this.share = share;
  }

  @Override
  public String name() {
    return "global-floor";
  }

  @Override
  public long[] counts(Demand demand) {
    long[] global = Allocation.GLOBAL.counts(demand);
    int layers = global.length;
    double floor = floor(demand);
    double[] floors = new double[layers];
    double[] gone = new double[layers];
    for (int k = 0; k < layers; k++) {
      int size = demand.layers().get(k).size();
      floors[k] = Math.min(floor, demand.standing(k).kept());
      gone[k] = floors[k] < size ? global[k] : 0;
    }
    boolean[] held = new boolean[layers];
    for (int round = 0; round <= layers; round++) {
      if (!scale(demand, gone, held)) {
        return global; // floors alone are more than may stay
      }
      boolean settled = true;
      for (int k = 0; k < layers; k++) {
        double most = demand.layers().get(k).size() - floors[k];
        if (!held[k] && gone[k] > most) {
          gone[k] = most;
          held[k] = true;
          settled = false;
        }
      }
      if (settled) {
        break;
      }
    }
    double[] densities = new double[layers];
    Arrays.setAll(densities, k -> 1 - gone[k] / demand.layers().get(k).size());
    return Counts.of(demand, densities);
  }

  /** What every layer keeps; where that's more than may stay in all, half of an equal share. */
  private double floor(Demand demand) {
    double kept = demand.size() - demand.prune();
    double floor = share * demand.size();
    return floor * demand.layers().size() <= kept ? floor : kept / (2 * demand.layers().size());
  }

  /** Makes what isn't held meet the demand together with what is; false where it can't. */
  private static boolean scale(Demand demand, double[] gone, boolean[] held) {
    double free = 0;
    double wanted = demand.prune();
    for (int k = 0; k < gone.length; k++) {
      free += held[k] ? 0 : gone[k];
      wanted -= held[k] ? gone[k] : 0;
    }
    if (free == 0) {
      return wanted < 1;
    }
    for (int k = 0; k < gone.length; k++) {
      gone[k] *= held[k] ? 1 : wanted / free;
    }
    return true;
  }

  @Override
  public String toString() {
    return name();
  }
}
