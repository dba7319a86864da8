package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The axes that {@link Balance}s divide into blocks, and which kinds of entries lie in which block.
 * Blocks are numbered through, one division after the other; balances that divide the same entries
 * alike, such as the output of a convolution and the input of the next, are one division.
 */
final class Divisions {
  /** The first block of each division and the end. */
  private final List<Integer> starts = new ArrayList<>(List.of(0));

  private final List<Kind> kinds = new ArrayList<>();

  /** By block: the kinds that it has. */
  private final List<List<Kind>> within = new ArrayList<>();

  /** By division: how many entries one kind can add. */
  private final int[] most;

  /**
   * @param signatures by root, as {@link Classes#signatures} gives them
   */
  Divisions(Ties ties, List<Balance> balances, long[] signatures) {
    Map<Integer, Map<Integer, Integer>> places = places(ties, balances);
    for (int block = 0; block < blocks(); block++) {
      within.add(new ArrayList<>());
    }
    var found = new LinkedHashMap<List<Object>, Kind>();
    places.forEach(
        (root, blocks) -> {
          if (!ties.isFixed(root)) {
            long signature = signatures[root];
            found
                .computeIfAbsent(List.of(signature, blocks), _ -> kind(signature, blocks))
                .roots
                .add(root);
          }
        });
    kinds.addAll(found.values());
    kinds.sort(Comparator.comparingInt((Kind kind) -> kind.roots.size()).reversed());
    this.most = IntStream.range(0, count()).map(this::mostOfAKind).toArray();
  }

  /** By root: how many entries it has in which blocks. */
  private Map<Integer, Map<Integer, Integer>> places(Ties ties, List<Balance> balances) {
    var places = new TreeMap<Integer, Map<Integer, Integer>>();
    Set<List<Integer>> seen = new HashSet<>();
    for (Balance balance : balances) {
      int number = ties.number(balance.along().value(), balance.along().axis());
      int[] roots = IntStream.range(ties.start(number), ties.end(number)).map(ties::root).toArray();
      var key = new ArrayList<>(List.of(balance.blocks()));
      IntStream.of(roots).forEach(key::add);
      if (seen.add(key)) {
        int first = starts.getLast();
        int size = roots.length / balance.blocks();
        for (int k = 0; k < roots.length; k++) {
          places
              .computeIfAbsent(roots[k], _ -> new TreeMap<>())
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
    IntStream.of(own).forEach(block -> within.get(block).add(kind));
    return kind;
  }

  private int mostOfAKind(int division) {
    return kinds.stream()
        .mapToInt(
            kind ->
                IntStream.range(0, kind.blocks.length)
                    .filter(k -> of(kind.blocks[k]) == division)
                    .map(k -> kind.times[k])
                    .sum())
        .max()
        .orElse(0);
  }

  /** All kinds, those that most entries are of first. */
  List<Kind> kinds() {
    return kinds;
  }

  /** The kinds that have entries in a block. */
  List<Kind> within(int block) {
    return within.get(block);
  }

  /** How many divisions there are. */
  int count() {
    return starts.size() - 1;
  }

  /** How many blocks there are in all divisions. */
  int blocks() {
    return starts.getLast();
  }

  /** The division that a block is of. */
  int of(int block) {
    int place = Collections.binarySearch(starts, block);
    return place < 0 ? -place - 2 : place;
  }

  /** The first block of a division. */
  int start(int division) {
    return starts.get(division);
  }

  /** The block after a division's last. */
  int end(int division) {
    return starts.get(division + 1);
  }

  /** How many entries of a division the kind that has most of them has. */
  int most(int division) {
    return most[division];
  }
}
