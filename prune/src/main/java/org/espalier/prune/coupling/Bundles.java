package org.espalier.prune.coupling;

import static java.util.Collections.nCopies;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Makes channels of which each has as many entries in every block of every {@link Balance}.
 *
 * <p>Tied entries are of one kind where they lie in the same blocks. Starting from one of them,
 * others are added wherever a block has fewer than another, until all are level; a search for few
 * that goes back where it gets stuck. Behind a shuffle this is a matching between the groups of two
 * convolutions, which there always is. What no search completes is shared out evenly, in as many
 * channels as can be.
 */
final class Bundles {
  /** How many additions are tried, for each bound on a channel's size. */
  private static final int STEPS = 2_000;

  private final Ties ties;

  /** The first block of each division and the end; blocks are numbered through. */
  private final List<Integer> starts = new ArrayList<>(List.of(0));

  private final List<Kind> kinds = new ArrayList<>();

  /** By block: the kinds that it has. */
  private final List<List<Kind>> within = new ArrayList<>();

  private final int[] counts;

  /** By division: how many entries one kind can add. */
  private final int[] most;

  private final List<Kind> chosen = new ArrayList<>();
  private int steps;

  /** What is tied already and lies in the same blocks, as often. */
  private static final class Kind {
    final long signature;
    final int[] blocks;
    final int[] times;
    final ArrayDeque<Integer> roots = new ArrayDeque<>();

    /** How many of them are in the channel that is being made. */
    int used;

    Kind(long signature, int[] blocks, int[] times) {
      this.signature = signature;
      this.blocks = blocks;
      this.times = times;
    }

    boolean isLeft() {
      return used < roots.size();
    }
  }

  /** What is to be a channel: one root of each kind. */
  private record Bundle(List<Kind> kinds, int[] roots) {
    long signature() {
      return kinds.stream().mapToLong(kind -> kind.signature).sum();
    }

    void undo() {
      for (int k = 0; k < roots.length; k++) {
        kinds.get(k).roots.add(roots[k]);
      }
    }
  }

  private Bundles(Ties ties, List<Balance> balances, long[] signatures) {
    this.ties = ties;
    Map<Integer, Map<Integer, Integer>> places = places(balances);
    this.counts = new int[starts.getLast()];
    for (int block = 0; block < counts.length; block++) {
      within.add(new ArrayList<>());
    }
    var found = new LinkedHashMap<List<Object>, Kind>();
    places.forEach(
        (root, blocks) -> {
          if (!ties.isFixed(root)) {
            found
                .computeIfAbsent(
                    List.of(signatures[root], blocks), _ -> kind(signatures[root], blocks))
                .roots
                .add(root);
          }
        });
    kinds.addAll(found.values());
    this.most = IntStream.range(0, starts.size() - 1).map(this::most).toArray();
  }

  private int most(int division) {
    int from = starts.get(division);
    int to = starts.get(division + 1);
    return kinds.stream()
        .mapToInt(
            kind ->
                IntStream.range(0, kind.blocks.length)
                    .filter(k -> kind.blocks[k] >= from && kind.blocks[k] < to)
                    .map(k -> kind.times[k])
                    .sum())
        .max()
        .orElse(0);
  }

  /** Ties what goes together, and fixes what has no others to go with. */
  static void tie(Ties ties, List<Balance> balances, long... signatures) {
    new Bundles(ties, balances, signatures).tie();
  }

  /** By root: how many entries it has in which blocks. Divisions that are the same are one. */
  private Map<Integer, Map<Integer, Integer>> places(List<Balance> balances) {
    var places = new TreeMap<Integer, Map<Integer, Integer>>();
    Set<List<Integer>> seen = new HashSet<>();
    for (Balance balance : balances) {
      int number = ties.number(balance.along().value(), balance.along().axis());
      int size = (ties.end(number) - ties.start(number)) / balance.blocks();
      var key = new ArrayList<>(List.of(balance.blocks()));
      for (int k = ties.start(number); k < ties.end(number); k++) {
        key.add(ties.root(k));
      }
      if (seen.add(key)) {
        int first = starts.getLast();
        for (int k = 0; k < key.size() - 1; k++) {
          places
              .computeIfAbsent(key.get(k + 1), _ -> new TreeMap<>())
              .merge(first + k / size, 1, Integer::sum);
        }
        starts.add(first + balance.blocks());
      }
    }
    return places;
  }

  private Kind kind(long signature, Map<Integer, Integer> blocks) {
    int[] own = blocks.keySet().stream().mapToInt(Integer::intValue).toArray();
    int[] times = blocks.values().stream().mapToInt(Integer::intValue).toArray();
    var kind = new Kind(signature, own, times);
    Arrays.stream(own).forEach(block -> within.get(block).add(kind));
    return kind;
  }

  private void tie() {
    kinds.sort(Comparator.comparingInt((Kind kind) -> kind.roots.size()).reversed());
    var found = new LinkedHashMap<Long, List<Bundle>>();
    for (Kind seed : kinds) {
      List<Kind> of = List.of();
      while (!seed.roots.isEmpty()) {
        of = isThere(of) ? of : find(seed);
        if (of.isEmpty()) {
          break;
        }
        var bundle = new Bundle(of, taken(of));
        found.computeIfAbsent(bundle.signature(), _ -> new ArrayList<>()).add(bundle);
      }
    }
    for (List<Bundle> alike : found.values()) {
      alike.forEach(alike.size() > 1 ? this::unite : Bundle::undo); // one alone can't go
    }
    for (Kind seed : kinds) {
      if (!seed.roots.isEmpty()) {
        share(rest(seed));
      }
    }
  }

  private static int[] taken(List<Kind> kinds) {
    return kinds.stream().mapToInt(kind -> kind.roots.removeFirst()).toArray();
  }

  private void unite(Bundle bundle) {
    Arrays.stream(bundle.roots).forEach(root -> ties.unite(bundle.roots[0], root));
  }

  /** What is left of these, in as many equal parts as can be; it stays where blocks differ. */
  private void share(List<Kind> left) {
    int parts = left.stream().mapToInt(kind -> kind.roots.size()).reduce(0, Bundles::gcd);
    List<Kind> part =
        left.stream().flatMap(kind -> nCopies(kind.roots.size() / parts, kind).stream()).toList();
    part.forEach(this::add);
    boolean level = IntStream.range(0, starts.size() - 1).allMatch(this::isLevel);
    part.reversed().forEach(this::remove);
    for (int k = 0; level && k < parts; k++) {
      unite(new Bundle(part, taken(part)));
    }
    for (Kind kind : left) {
      kind.roots.forEach(root -> ties.fix(root, "no others of each group can go with it"));
      kind.roots.clear();
    }
  }

  private boolean isLevel(int division) {
    return IntStream.range(starts.get(division), starts.get(division + 1))
        .allMatch(block -> counts[block] == counts[starts.get(division)]);
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /** The kinds of which some are left that share divisions with this one, or with those that do. */
  private List<Kind> rest(Kind seed) {
    var found = new LinkedHashSet<>(List.of(seed));
    var open = new ArrayDeque<>(found);
    while (!open.isEmpty()) {
      for (int block : open.removeFirst().blocks) {
        int division = Collections.binarySearch(starts, block);
        int at = division < 0 ? -division - 2 : division;
        for (int other = starts.get(at); other < starts.get(at + 1); other++) {
          within.get(other).stream()
              .filter(kind -> !kind.roots.isEmpty() && found.add(kind))
              .forEach(open::add);
        }
      }
    }
    return List.copyOf(found);
  }

  /** Whether there is another channel of the same make. */
  private static boolean isThere(List<Kind> bundle) {
    var needed = new HashMap<Kind, Integer>();
    bundle.forEach(kind -> needed.merge(kind, 1, Integer::sum));
    return !bundle.isEmpty()
        && needed.entrySet().stream().allMatch(one -> one.getKey().roots.size() >= one.getValue());
  }

  /** Kinds of which one entry each, with one of {@code seed}, make a channel; none in vain. */
  private List<Kind> find(Kind seed) {
    int all = kinds.stream().mapToInt(kind -> kind.roots.size()).sum();
    for (int limit = 1; limit <= 2 * all; limit *= 2) {
      steps = 0;
      add(seed);
      boolean found = grow(limit - 1);
      List<Kind> bundle = List.copyOf(chosen);
      bundle.reversed().forEach(this::remove);
      if (found) {
        return bundle;
      }
    }
    return List.of();
  }

  private void add(Kind kind) {
    chosen.add(kind);
    kind.used++;
    for (int k = 0; k < kind.blocks.length; k++) {
      counts[kind.blocks[k]] += kind.times[k];
    }
  }

  private void remove(Kind kind) {
    chosen.removeLast();
    kind.used--;
    for (int k = 0; k < kind.blocks.length; k++) {
      counts[kind.blocks[k]] -= kind.times[k];
    }
  }

  /**
   * Adds at most so many until all blocks are level; what was added goes again where they aren't.
   */
  private boolean grow(int left) {
    int scarce = -1;
    int fewest = Integer.MAX_VALUE;
    for (int division = 0; division + 1 < starts.size(); division++) {
      int top = 0;
      int sum = 0;
      int size = starts.get(division + 1) - starts.get(division);
      for (int block = starts.get(division); block < starts.get(division + 1); block++) {
        top = Math.max(top, counts[block]);
        sum += counts[block];
      }
      if (top * size - sum > left * most[division]) {
        return false;
      }
      for (int block = starts.get(division); block < starts.get(division + 1); block++) {
        int open = counts[block] == top ? Integer.MAX_VALUE : open(block);
        if (open < fewest) {
          fewest = open;
          scarce = block;
        }
      }
    }
    if (scarce < 0) {
      return true;
    }
    if (left == 0 || fewest == 0 || ++steps > STEPS) {
      return false;
    }
    for (Kind kind : within.get(scarce)) {
      if (kind.isLeft()) {
        add(kind);
        if (grow(left - 1)) {
          return true;
        }
        remove(kind);
      }
    }
    return false;
  }

  private int open(int block) {
    return (int) within.get(block).stream().filter(Kind::isLeft).count();
  }
}
