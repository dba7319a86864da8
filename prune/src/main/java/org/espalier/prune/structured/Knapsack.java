package org.espalier.prune.structured;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Which items to keep so that their value is largest and their weight within a capacity: the 0/1
 * knapsack by dynamic programming, exact for weights that have a common divisor which is not too
 * small, and otherwise with weights rounded up to {@code capacity / 20,000}, so that the capacity
 * holds.
 */
final class Knapsack {
  private static final int CELLS = 20_000;

  private Knapsack() {}

  /** The items to keep; weights are not negative. */
  static BitSet keep(double[] values, long[] weights, long capacity) {
    long unit = Math.max(1, Arrays.stream(weights).reduce(0, Knapsack::gcd));
    if (capacity / unit > CELLS) {
      unit = Math.ceilDiv(capacity, CELLS);
    }
    int cells = (int) (capacity / unit);
    double[] best = new double[cells + 1];
    BitSet[] taken = new BitSet[values.length];
    for (int item = 0; item < values.length; item++) {
      taken[item] = new BitSet(cells + 1);
      long weight = Math.ceilDiv(weights[item], unit);
      for (int left = cells; left >= weight; left--) {
        double with = best[left - (int) weight] + values[item];
        if (with > best[left]) {
          best[left] = with;
          taken[item].set(left);
        }
      }
    }
    BitSet kept = new BitSet();
    int left = cells;
    for (int item = values.length - 1; item >= 0; item--) {
      if (taken[item].get(left)) {
        kept.set(item);
        left -= (int) Math.ceilDiv(weights[item], unit);
      }
    }
    return kept;
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
