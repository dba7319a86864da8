package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Places slots in one stretch of memory so that those in use at the same time don't overlap:
 * largest first, each at the lowest address that is free (Pisarchyk and Lee, 2020). A slot that
 * replaces another lies where that was.
 */
final class Arrangement {
  /** Slots that follow each other in one place. */
  private static final class Chain {
    final List<Slot> slots = new ArrayList<>();
    final long bytes;
    final int first;
    int last;
    long at;

    Chain(Slot slot) {
      bytes = slot.bytes;
      first = slot.first;
      add(slot);
    }

    void add(Slot slot) {
      slots.add(slot);
      last = slot.last;
    }

    boolean overlapsInTime(Chain other) {
      return first <= other.last && other.first <= last;
    }
  }

  private Arrangement() {}

  /** Places every slot; answers how many bytes they take together. */
  static long place(List<Slot> slots) {
    var placed = new ArrayList<Chain>();
    long total = 0;
    Comparator<Chain> largest = Comparator.comparingLong(chain -> -chain.bytes);
    for (Chain chain : chains(slots).stream().sorted(largest).toList()) {
      long at = Slot.HEAD;
      for (Chain other : placed) { // in order of address
        if (other.overlapsInTime(chain) && at + chain.bytes > other.at) {
          at = Math.max(at, other.at + other.bytes);
        } else if (other.overlapsInTime(chain)) {
          break;
        }
      }
      chain.at = at;
      for (Slot slot : chain.slots) {
        slot.place(at);
      }
      total = Math.max(total, at + chain.bytes);
      placed.add(chain);
      placed.sort(Comparator.comparingLong(other -> other.at));
    }
    return total;
  }

  private static Collection<Chain> chains(List<Slot> slots) {
    var ends = new IdentityHashMap<Slot, Chain>();
    var chains = new ArrayList<Chain>();
    for (Slot slot : slots.stream().sorted(Comparator.comparingInt(s -> s.first)).toList()) {
      Chain chain = slot.replaced() == null ? null : ends.remove(slot.replaced());
      if (chain == null) {
        chain = new Chain(slot);
        chains.add(chain);
      } else {
        chain.add(slot);
      }
      ends.put(slot, chain);
    }
    return chains;
  }
}
