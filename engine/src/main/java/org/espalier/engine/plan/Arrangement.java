package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Places slots in one stretch of memory so that those in use at the same time don't overlap:
 * largest first, each at the lowest address that is free (Pisarchyk and Lee, 2020).
 */
final class Arrangement {
  private Arrangement() {}

  /** Places every slot; answers how many bytes they take together. */
  static long place(List<Slot> slots) {
    var placed = new ArrayList<Slot>();
    long total = 0;
    for (Slot slot : slots.stream().sorted(Comparator.comparingLong(s -> -s.bytes)).toList()) {
      long at = Slot.HEAD;
      for (Slot other : placed) { // in order of address
        if (other.overlapsInTime(slot) && at + slot.bytes > other.at) {
          at = Math.max(at, other.at + other.bytes);
        } else if (other.overlapsInTime(slot)) {
          break;
        }
      }
      slot.place(at);
      total = Math.max(total, at + slot.bytes);
      placed.add(slot);
      placed.sort(Comparator.comparingLong(s -> s.at));
    }
    return total;
  }
}
