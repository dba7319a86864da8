package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Looks for kinds of which one each, or some several times, make a channel: together they have as
 * many entries in every block of a division, whatever the division.
 */
final class BundleSearch {
  /** How many additions are tried, for each bound on a channel's size. */
  private static final int STEPS = 2_000;

  private final Divisions divisions;
  private final List<Kind> chosen = new ArrayList<>();

  /** By block: how many entries of what is chosen lie in it. */
  private final int[] counts;

  private int steps;

  BundleSearch(Divisions divisions) {
    this.divisions = divisions;
    this.counts = new int[divisions.blocks()];
  }

  /** Kinds that make a channel, one of which is {@code seed}, as few as can be; none in vain. */
  List<Kind> find(Kind seed) {
    int all = divisions.kinds().stream().mapToInt(kind -> kind.roots.size()).sum();
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

  /** Whether these have as many entries in every block of each division. */
  boolean isLevel(List<Kind> kinds) {
    kinds.forEach(this::add);
    boolean level = scarcest() < 0;
    kinds.reversed().forEach(this::remove);
    return level;
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

  /** Adds at most so many until all blocks are level; what didn't lead there is taken out again. */
  private boolean grow(int left) {
    if (!IntStream.range(0, divisions.count()).allMatch(division -> isInReach(division, left))) {
      return false;
    }
    int scarce = scarcest();
    if (scarce < 0) {
      return true;
    }
    if (left == 0 || choices(scarce) == 0 || ++steps > STEPS) {
      return false;
    }
    for (Kind kind : divisions.within(scarce)) {
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

  /** Whether so many more can fill a division's blocks up to its fullest. */
  private boolean isInReach(int division, int left) {
    int missing = 0;
    int top = top(division);
    for (int block = divisions.start(division); block < divisions.end(division); block++) {
      missing += top - counts[block];
    }
    return missing <= left * divisions.most(division);
  }

  /** Of the blocks that aren't full yet, the one with the fewest kinds to add; -1 for none. */
  private int scarcest() {
    int scarce = -1;
    int fewest = Integer.MAX_VALUE;
    for (int division = 0; division < divisions.count(); division++) {
      int top = top(division);
      for (int block = divisions.start(division); block < divisions.end(division); block++) {
        int choices = counts[block] == top ? Integer.MAX_VALUE : choices(block);
        if (choices < fewest) {
          fewest = choices;
          scarce = block;
        }
      }
    }
    return scarce;
  }

  private int top(int division) {
    int top = 0;
    for (int block = divisions.start(division); block < divisions.end(division); block++) {
      top = Math.max(top, counts[block]);
    }
    return top;
  }

  private int choices(int block) {
    return (int) divisions.within(block).stream().filter(Kind::isLeft).count();
  }
}
