package org.espalier.prune;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.espalier.graph.InvalidInputException;

/** Densities made into whole numbers of weights. */
public final class Counts {
  private Counts() {}

  /**
   * How many weights are to be zero in each layer: the densities rounded so that the sum is exactly
   * {@code demand.prune()}. The residue goes to the layers with the largest remainders, first come
   * first; each layer keeps at least one weight while any other has one to spare, and what is zero
   * already stays so.
   *
   * @param densities the share of each layer's weights to keep, in [0, 1]
   */
  public static long[] of(Demand demand, double[] densities) {
    long[] counts = new long[densities.length];
    long[] most = demand.most();
    long[] zeros = zeros(demand, most);
    double[] remainders = new double[densities.length];
    long left = demand.prune();
    for (int k = 0; k < counts.length; k++) {
      long size = demand.layers().get(k).size();
      double exact = (1 - densities[k]) * size;
      counts[k] = Math.clamp((long) Math.floor(exact), zeros[k], most[k]);
      remainders[k] = exact - counts[k];
      left -= counts[k];
    }
    left = spread(demand, counts, zeros, most, left);
    while (left != 0) {
      int step = left > 0 ? 1 : -1;
      int best = -1;
      for (int k = 0; k < counts.length; k++) {
        if (room(counts, zeros, most, k, step) > 0
            && (best < 0 || step * remainders[k] > step * remainders[best])) {
          best = k;
        }
      }
      counts[best] += step;
      remainders[best] -= step;
      left -= step;
    }
    return counts;
  }

  /**
   * How many weights are to be zero part of the way to {@code prune}, where the share that is kept
   * falls geometrically.
   *
   * @param weights how many there are
   * @param nonzeros how many aren't zero at the start
   * @param share how far along, from 0 to 1
   */
  public static long along(long weights, long nonzeros, long prune, double share) {
    if (share == 1) {
      return prune;
    }
    double kept = (double) Math.max(1, weights - prune) / Math.max(1, nonzeros);
    return weights - Math.round(nonzeros * Math.pow(Math.min(1, kept), share));
  }

  /** Takes what is left from all layers alike, until it's less than one weight for each. */
  private static long spread(Demand demand, long[] counts, long[] zeros, long[] most, long left) {
    long rest = left;
    while (rest != 0) {
      int step = rest > 0 ? 1 : -1;
      int open = 0;
      for (int k = 0; k < counts.length; k++) {
        open += room(counts, zeros, most, k, step) > 0 ? 1 : 0;
      }
      if (open == 0) {
        throw new InvalidInputException(
            "%d of %d weights to prune, expected %d to %d: each of %d layers keeps one at least"
                .formatted(
                    demand.prune(),
                    demand.size(),
                    LongStream.of(zeros).sum(),
                    LongStream.of(most).sum(),
                    demand.size() - LongStream.of(most).sum()));
      }
      long share = Math.abs(rest) / open;
      if (share == 0) {
        return rest;
      }
      for (int k = 0; k < counts.length; k++) {
        long taken = step * Math.min(share, room(counts, zeros, most, k, step));
        counts[k] += taken;
        rest -= taken;
      }
    }
    return rest;
  }

  private static long room(long[] counts, long[] zeros, long[] most, int k, int step) {
    return step > 0 ? most[k] - counts[k] : counts[k] - zeros[k];
  }

  /** What is zero already, where it is not more than is to be zero in the end. */
  private static long[] zeros(Demand demand, long[] most) {
    long[] zeros = new long[most.length];
    Arrays.setAll(zeros, k -> Math.min(demand.scores().get(k).pruned(), most[k]));
    return LongStream.of(zeros).sum() <= demand.prune() ? zeros : new long[zeros.length];
  }
}
