package org.espalier.prune.coupling;

import static java.util.Collections.nCopies;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Makes channels of which each has as many entries in every block of every {@link Balance}, so that
 * the groups of a convolution stay of one size whichever channels go.
 *
 * <p>Take channels 0 to 3, which one convolution makes in the groups {0, 1} and {2, 3}, and the
 * next, behind a shuffle, reads in the groups {0, 2} and {1, 3}. No entry can go by itself. There
 * are four {@linkplain Kind kinds}, each in one block of the two {@linkplain Divisions divisions},
 * and {0, 3} is a channel, and so is {1, 2}: one entry in each group of both.
 *
 * <p>{@link BundleSearch} starts from one entry and adds others wherever a block has fewer than
 * another, until all are level; behind a shuffle this is a matching between the groups of two
 * convolutions, which there always is. What no search completes is shared out evenly, in as many
 * channels as can be; what then is uneven stays.
 */
final class Bundles {
  private final Ties ties;
  private final Divisions divisions;
  private final BundleSearch search;

  /** What is to be a channel: one root of each kind. */
  private record Bundle(List<Kind> kinds, int[] roots) {
    /** Takes the roots from their kinds. */
    static Bundle of(List<Kind> kinds) {
      return new Bundle(kinds, kinds.stream().mapToInt(kind -> kind.roots.removeFirst()).toArray());
    }

    /** Gives them back. */
    void undo() {
      for (int k = 0; k < roots.length; k++) {
        kinds.get(k).roots.add(roots[k]);
      }
    }

    long signature() {
      return kinds.stream().mapToLong(kind -> kind.signature).sum();
    }
  }

  private Bundles(Ties ties, Divisions divisions) {
    this.ties = ties;
    this.divisions = divisions;
    this.search = new BundleSearch(divisions);
  }

  /**
   * Ties what goes together, and fixes what has no others to go with.
   *
   * @param signatures by root, as {@link Classes#signatures} gives them
   */
  static void tie(Ties ties, List<Balance> balances, long[] signatures) {
    new Bundles(ties, new Divisions(ties, balances, signatures)).tie();
  }

  private void tie() {
    for (List<Bundle> alike : found().values()) {
      alike.forEach(alike.size() > 1 ? this::unite : Bundle::undo); // one alone can't go
    }
    for (Kind seed : divisions.kinds()) {
      if (!seed.roots.isEmpty()) {
        share(rest(seed));
      }
    }
  }

  /** By signature: what the search finds. */
  private Map<Long, List<Bundle>> found() {
    var found = new LinkedHashMap<Long, List<Bundle>>();
    for (Kind seed : divisions.kinds()) {
      List<Kind> kinds = List.of();
      while (!seed.roots.isEmpty()) {
        kinds = areLeft(kinds) ? kinds : search.find(seed);
        if (kinds.isEmpty()) {
          break;
        }
        Bundle bundle = Bundle.of(kinds);
        found.computeIfAbsent(bundle.signature(), _ -> new ArrayList<>()).add(bundle);
      }
    }
    return found;
  }

  /** Whether there is another channel of these kinds, which aren't none. */
  private static boolean areLeft(List<Kind> kinds) {
    var needed = new HashMap<Kind, Integer>();
    kinds.forEach(kind -> needed.merge(kind, 1, Integer::sum));
    return !kinds.isEmpty()
        && needed.entrySet().stream().allMatch(one -> one.getKey().roots.size() >= one.getValue());
  }

  private void unite(Bundle bundle) {
    IntStream.of(bundle.roots).forEach(root -> ties.unite(bundle.roots[0], root));
  }

  /** The kinds of which some are left that share divisions with this one, or with those that do. */
  private List<Kind> rest(Kind seed) {
    var found = new LinkedHashSet<>(List.of(seed));
    var open = new ArrayDeque<>(found);
    while (!open.isEmpty()) {
      for (int block : open.removeFirst().blocks) {
        int division = divisions.of(block);
        for (int k = divisions.start(division); k < divisions.end(division); k++) {
          divisions.within(k).stream()
              .filter(kind -> !kind.roots.isEmpty() && found.add(kind))
              .forEach(open::add);
        }
      }
    }
    return List.copyOf(found);
  }

  /** What is left of these, in as many equal parts as can be; it stays where blocks differ. */
  private void share(List<Kind> left) {
    int parts = left.stream().mapToInt(kind -> kind.roots.size()).reduce(0, Bundles::gcd);
    List<Kind> part =
        left.stream().flatMap(kind -> nCopies(kind.roots.size() / parts, kind).stream()).toList();
    boolean level = search.isLevel(part);
    for (int k = 0; level && k < parts; k++) {
      unite(Bundle.of(part));
    }
    for (Kind kind : left) {
      kind.roots.forEach(root -> ties.fix(root, "no others of each group can go with it"));
      kind.roots.clear();
    }
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
