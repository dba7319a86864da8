package org.espalier.prune.proof;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Group;

/**
 * How many channels of each group are left, from the sizes of the axes that they lie along.
 *
 * <p>An axis tells a sum: so many channels of this group, twice so many of that. Together the axes
 * are a linear system, kept here in reduced form modulo a prime, in which every count is exact:
 * none comes near it.
 */
final class ChannelCounts {
  private static final long PRIME = (1L << 31) - 1;

  /**
   * Of each solved-for group, by the number of its first channel, an equation; -1 is the constant.
   */
  private final Map<Integer, Map<Integer, Long>> rows = new TreeMap<>();

  private final Map<Integer, Group> groups = new LinkedHashMap<>();

  ChannelCounts(List<Group> groups) {
    groups.forEach(group -> this.groups.put(group.first(), group));
  }

  /** Takes what an axis of this size tells; false where it contradicts what is known. */
  boolean add(Coupling coupling, Axis axis, long size) {
    var row = new TreeMap<Integer, Long>();
    row.put(-1, size);
    for (int channel : coupling.channelsAlong(axis)) {
      if (channel < 0) {
        row.merge(-1, -1L, Long::sum);
      } else {
        row.merge(coupling.groupOf(channel).first(), 1L, Long::sum);
      }
    }
    for (Map.Entry<Integer, Long> term : row.entrySet()) {
      if (term.getKey() >= 0) {
        term.setValue(term.getValue() / groups.get(term.getKey()).size());
      }
    }
    return add(row);
  }

  /** Takes as known how many channels of a group are left. */
  boolean add(Group group, long count) {
    return add(new TreeMap<>(Map.of(-1, count, group.first(), 1L)));
  }

  private boolean add(NavigableMap<Integer, Long> row) {
    row.replaceAll((group, factor) -> Math.floorMod(factor, PRIME));
    for (int group : List.copyOf(row.keySet())) {
      if (rows.containsKey(group)) {
        subtract(row, rows.get(group), row.get(group));
      }
    }
    row.values().removeIf(factor -> factor == 0);
    if (row.isEmpty()) {
      return true;
    }
    int pivot = row.lastKey();
    if (pivot < 0) {
      return false;
    }
    long inverse = power(row.get(pivot), PRIME - 2);
    row.replaceAll((group, factor) -> factor * inverse % PRIME);
    for (Map<Integer, Long> other : rows.values()) {
      if (other.containsKey(pivot)) {
        subtract(other, row, other.get(pivot));
        other.values().removeIf(factor -> factor == 0);
      }
    }
    rows.put(pivot, row);
    return true;
  }

  private static void subtract(Map<Integer, Long> from, Map<Integer, Long> row, long times) {
    row.forEach(
        (group, factor) ->
            from.merge(
                group, PRIME - times * factor % PRIME, (left, right) -> (left + right) % PRIME));
    from.replaceAll((group, factor) -> factor % PRIME);
  }

  private static long power(long base, long exponent) {
    long result = 1;
    for (long left = exponent, square = base;
        left > 0;
        left >>= 1, square = square * square % PRIME) {
      result = (left & 1) == 1 ? result * square % PRIME : result;
    }
    return result;
  }

  /** How many channels of a group are left; empty where the axes leave that open. */
  OptionalInt of(Group group) {
    Map<Integer, Long> row = rows.get(group.first());
    if (row == null
        || row.keySet().stream().anyMatch(other -> other >= 0 && other != group.first())) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(Math.toIntExact(row.getOrDefault(-1, 0L)));
  }

  /** Whether every group whose number is known has one that it can have. */
  boolean isPossible() {
    return groups.values().stream()
        .allMatch(
            group -> {
              OptionalInt count = of(group);
              return count.isEmpty() || (count.getAsInt() > 0 && count.getAsInt() <= group.size());
            });
  }

  /** The groups whose numbers are open still. */
  List<Group> open() {
    var open = new ArrayList<Group>();
    groups.values().stream().filter(group -> of(group).isEmpty()).forEach(open::add);
    return open;
  }
}
