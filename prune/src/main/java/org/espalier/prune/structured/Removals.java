package org.espalier.prune.structured;

import java.util.BitSet;

/** Ever larger removals, from none on: a budget picks the first that meets it. */
public interface Removals {
  /** How many steps there are. */
  int length();

  /** The channels that are gone after so many steps; mostly those of the step before and more. */
  BitSet after(int steps);

  /** One channel a step. */
  static Removals along(int[] order) {
    return new Removals() {
      @Override
      public int length() {
        return order.length;
      }

      @Override
      public BitSet after(int steps) {
        BitSet removed = new BitSet();
        for (int k = 0; k < steps; k++) {
          removed.set(order[k]);
        }
        return removed;
      }
    };
  }
}
