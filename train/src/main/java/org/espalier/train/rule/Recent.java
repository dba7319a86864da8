package org.espalier.train.rule;

import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;
import org.espalier.train.Step;

/**
 * Of each group the last few answers, right or wrong.
 *
 * @param bits [groups, window], 1 for right; a group's oldest is overwritten first
 * @param seen [groups], how many there have been
 */
record Recent(Tensor bits, Tensor seen) {
  /** In a step's memory, so that it outlives interruptions. */
  static Recent of(Step step, String name, int groups, int window) {
    return new Recent(
        step.memory(name + "/bits", DataType.DOUBLE, groups, window),
        step.memory(name + "/seen", DataType.DOUBLE, groups));
  }

  void add(int group, boolean right) {
    long count = (long) seen.realAt(group);
    long window = bits.dim(1);
    bits.setReal(group * window + count % window, right ? 1 : 0);
    seen.setReal(group, count + 1.0);
  }

  /** Whether there have been as many of the group as are remembered. */
  boolean isFull(int group) {
    return seen.realAt(group) >= bits.dim(1);
  }

  /** The share of right answers among those of the group that are remembered. */
  double accuracy(int group) {
    long window = bits.dim(1);
    double right = 0;
    for (long k = 0; k < window; k++) {
      right += bits.realAt(group * window + k);
    }
    return right / Math.min((double) window, seen.realAt(group));
  }
}
