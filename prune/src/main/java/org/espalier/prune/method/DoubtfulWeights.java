package org.espalier.prune.method;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.espalier.prune.Mask;
import org.espalier.prune.Scores;

/**
 * The weights of one layer of which it's in doubt whether they are to be kept: all but the pruned
 * ones that score least, the kept ones that score most, and those that were pruned before. Those
 * looked at last are left in peace for a while.
 */
final class DoubtfulWeights {
  /** Which share of the pruned stays pruned, and of the kept stays kept, for good. */
  private static final double SURELY_PRUNED = 0.42;

  private static final double SURELY_KEPT = 0.35;

  /** How many are left in peace, as a share of what is in doubt on the smaller side. */
  private static final double TABU = 0.4;

  private final List<Integer> ascending;
  private final ArrayDeque<Integer> recent = new ArrayDeque<>();
  private final BitSet barred = new BitSet();
  private final int smaller;

  DoubtfulWeights(Scores scores, Mask mask) {
    var order = Comparator.<Integer>comparingDouble(scores::at);
    List<Integer> pruned =
        IntStream.range(0, mask.size())
            .filter(k -> !mask.keeps(k) && scores.at(k) != Float.NEGATIVE_INFINITY)
            .boxed()
            .sorted(order)
            .toList();
    List<Integer> kept =
        IntStream.range(0, mask.size()).filter(mask::keeps).boxed().sorted(order).toList();
    var both =
        new ArrayList<>(pruned.subList((int) (SURELY_PRUNED * pruned.size()), pruned.size()));
    int bold = both.size();
    both.addAll(kept.subList(0, (int) Math.ceil((1 - SURELY_KEPT) * kept.size())));
    smaller = Math.min(bold, both.size() - bold);
    both.sort(order);
    ascending = List.copyOf(both);
  }

  /** How many weights a block may have at most. */
  int most() {
    return 2 * smaller;
  }

  /**
   * The kept weights with the lowest scores and as many pruned ones with the highest, in the order
   * of their tensor.
   *
   * @param size how many at most
   */
  int[] block(Mask mask, int size) {
    List<Integer> kept = ascending.stream().filter(k -> open(k) && mask.keeps(k)).toList();
    List<Integer> pruned = ascending.stream().filter(k -> open(k) && !mask.keeps(k)).toList();
    int half = Math.min(size / 2, Math.min(kept.size(), pruned.size()));
    int[] block =
        IntStream.concat(
                kept.subList(0, half).stream().mapToInt(k -> k),
                pruned.subList(pruned.size() - half, pruned.size()).stream().mapToInt(k -> k))
            .sorted()
            .toArray();
    for (int k : block) {
      recent.add(k);
      barred.set(k);
    }
    // Swaps keep both sides as large as they were, so that as many of each are barred.
    while (recent.size() > 2 * TABU * smaller) {
      barred.clear(recent.remove());
    }
    return block;
  }

  private boolean open(int index) {
    return !barred.get(index);
  }
}
