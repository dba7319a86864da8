package org.espalier.prune.structured;

import java.util.BitSet;
import java.util.function.IntFunction;
import java.util.function.ToDoubleFunction;

/**
 * The least removal along a path that meets a target.
 *
 * @param removed the channels that go
 * @param steps how far along the path
 * @param cost what is left
 * @param before what was left one step earlier, more than the target
 */
record Bisection(BitSet removed, int steps, double cost, double before) {
  /**
   * Bisects for the first step whose cost is at most {@code target}. Costs that are not quite
   * monotone, such as measured ones, give a step that meets the target after one that doesn't.
   *
   * @param length how many steps there are
   * @param path the removal after so many steps
   * @return null where even the whole path costs more
   */
  static Bisection of(
      int length, IntFunction<BitSet> path, ToDoubleFunction<BitSet> cost, double target) {
    BitSet none = path.apply(0);
    double least = cost.applyAsDouble(none);
    if (least <= target) {
      return new Bisection(none, 0, least, least);
    }
    BitSet best = path.apply(length);
    double reached = cost.applyAsDouble(best);
    if (reached > target) {
      return null;
    }
    int low = 0;
    int high = length;
    double before = least;
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      BitSet removed = path.apply(middle);
      double middleCost = cost.applyAsDouble(removed);
      if (middleCost <= target) {
        high = middle;
        best = removed;
        reached = middleCost;
      } else {
        low = middle;
        before = middleCost;
      }
    }
    return new Bisection(best, high, reached, before);
  }
}
