package org.espalier.prune.structured;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.stream.LongStream;
import org.assertj.core.data.Offset;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

class KnapsackTest {
  @Test
  void noChoiceIsWorthMore() {
    var random = SeededRandom.fresh();
    for (int round = 0; round < 20; round++) {
      int items = 1 + random.nextInt(13);
      double[] values = random.doubles(items).toArray();
      long[] weights = random.longs(items, 1, 60).map(w -> 7 * w).toArray();
      long capacity = random.nextLong(LongStream.of(weights).sum() + 1);
      double best = 0;
      for (long chosen = 0; chosen < 1L << items; chosen++) {
        BitSet set = BitSet.valueOf(new long[] {chosen});
        if (weight(set, weights) <= capacity) {
          best = Math.max(best, value(set, values));
        }
      }
      BitSet kept = Knapsack.keep(values, weights, capacity);
      assertThat(weight(kept, weights)).isLessThanOrEqualTo(capacity);
      assertThat(value(kept, values)).isCloseTo(best, Offset.offset(1e-9));
    }
  }

  @Test
  void aCommonFactorChangesNothing() {
    var random = SeededRandom.of(5);
    double[] values = random.doubles(40).toArray();
    long[] weights = random.longs(40, 1, 50).toArray();
    long[] larger = LongStream.of(weights).map(w -> w * 1_000_003).toArray();
    assertThat(Knapsack.keep(values, larger, 500L * 1_000_003))
        .isEqualTo(Knapsack.keep(values, weights, 500));
  }

  @Test
  void whereAllCostTheSameTheMostValuableStay() {
    double[] values = {3, 1, 4, 1.5, 9, 2};
    BitSet kept = Knapsack.keep(values, new long[] {11, 11, 11, 11, 11, 11}, 40);
    assertThat(kept.stream()).containsExactly(0, 2, 4);
  }

  private static long weight(BitSet set, long[] weights) {
    return set.stream().mapToLong(k -> weights[k]).sum();
  }

  private static double value(BitSet set, double[] values) {
    return set.stream().mapToDouble(k -> values[k]).sum();
  }
}
