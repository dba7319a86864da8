package org.espalier.prune.rewrite;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * An order of channels in which many sets of them are each one run (UPSCALE, Wan et al., 2023).
 *
 * <p>Sets that lie within others are ordered inside of those. The others are nodes of a graph,
 * joined where they share channels. Along a path each set can be a run: what it shares with the one
 * before comes first, then what is its own, then what it shares with the next. A path is worth the
 * channels of its nodes less those that neighbours share; the best is taken, then the best of what
 * is left, until no set is left.
 */
final class ChannelOrder {
  /** How many steps are looked at for one path before the best so far is taken. */
  private static final int STEPS = 20_000;

  private final List<BitSet> sets;
  private int steps;
  private List<BitSet> best = List.of();
  private int most;

  private ChannelOrder(List<BitSet> sets) {
    this.sets = sets;
  }

  /** The members of all sets, each once, in an order that makes runs of them. */
  static List<Integer> of(List<BitSet> sets) {
    List<BitSet> distinct = sets.stream().filter(set -> !set.isEmpty()).distinct().toList();
    var order = new LinkedHashSet<Integer>();
    var left =
        new ArrayList<BitSet>(distinct.stream().filter(set -> !within(set, distinct)).toList());
    while (!left.isEmpty()) {
      List<BitSet> path = new ChannelOrder(left).path();
      for (int k = 0; k < path.size(); k++) {
        BitSet own = (BitSet) path.get(k).clone();
        BitSet before = shared(own, k > 0 ? path.get(k - 1) : new BitSet());
        BitSet next = shared(own, k + 1 < path.size() ? path.get(k + 1) : new BitSet());
        own.andNot(before);
        own.andNot(next);
        List<Integer> inner = inner(path.get(k), distinct);
        for (BitSet part : List.of(before, own, next)) {
          inner.stream().filter(part::get).forEach(order::add);
        }
      }
      left.removeAll(path);
    }
    return List.copyOf(order);
  }

  /** The order of one set's members that suits the sets within it. */
  private static List<Integer> inner(BitSet set, List<BitSet> all) {
    List<BitSet> children =
        all.stream().filter(other -> !other.equals(set) && contains(set, other)).toList();
    Set<Integer> order = new LinkedHashSet<>(of(children));
    set.stream().forEach(order::add);
    return List.copyOf(order);
  }

  private static boolean within(BitSet set, List<BitSet> all) {
    return all.stream().anyMatch(other -> !other.equals(set) && contains(other, set));
  }

  private static boolean contains(BitSet set, BitSet part) {
    BitSet rest = (BitSet) part.clone();
    rest.andNot(set);
    return rest.isEmpty();
  }

  private static BitSet shared(BitSet a, BitSet b) {
    BitSet shared = (BitSet) a.clone();
    shared.and(b);
    return shared;
  }

  private List<BitSet> path() {
    for (BitSet start : sets) {
      steps = 0;
      walk(new ArrayList<>(List.of(start)), start.cardinality(), new BitSet());
    }
    return best;
  }

  /**
   * @param closed the sets that may not follow: other neighbours of those that were left
   */
  private void walk(List<BitSet> path, int worth, BitSet closed) {
    if (worth > most) {
      most = worth;
      best = List.copyOf(path);
    }
    BitSet last = path.getLast();
    List<Integer> neighbours = new ArrayList<>();
    for (int k = 0; k < sets.size(); k++) {
      boolean free = !closed.get(k) && !path.contains(sets.get(k));
      if (free && sets.get(k).intersects(last)) {
        neighbours.add(k);
      }
    }
    BitSet then = (BitSet) closed.clone();
    neighbours.forEach(then::set);
    for (int next : neighbours) {
      if (steps++ < STEPS) {
        BitSet set = sets.get(next);
        path.add(set);
        walk(path, worth + set.cardinality() - shared(set, last).cardinality(), then);
        path.removeLast();
      }
    }
  }
}
