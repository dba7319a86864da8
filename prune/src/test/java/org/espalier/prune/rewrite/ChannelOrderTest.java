package org.espalier.prune.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

class ChannelOrderTest {
  private static BitSet set(int... members) {
    BitSet set = new BitSet();
    for (int member : members) {
      set.set(member);
    }
    return set;
  }

  /** Whether the members of a set stand side by side. */
  private static boolean isRun(BitSet set, List<Integer> order) {
    int first = set.stream().map(order::indexOf).min().orElse(0);
    int last = set.stream().map(order::indexOf).max().orElse(0);
    return last - first + 1 == set.cardinality();
  }

  @Test
  void thePapersExamples() {
    assertThat(ChannelOrder.of(List.of(set(0, 1), set(1, 2), set(0, 2, 4))))
        .containsExactly(1, 0, 2, 4);
    assertThat(ChannelOrder.of(List.of(set(0, 1, 2), set(0, 2), set(1, 2), set(3))))
        .containsExactly(0, 2, 1, 3);
  }

  @Test
  void twoSetsThatOverlapAreRunsBoth() {
    var random = SeededRandom.fresh();
    for (int trial = 0; trial < 50; trial++) {
      BitSet a = new BitSet();
      BitSet b = new BitSet();
      for (int k = 0; k < 23; k++) {
        a.set(k, random.nextDouble() < 0.5);
        b.set(k, random.nextDouble() < 0.5);
      }
      List<Integer> order = ChannelOrder.of(List.of(a, b));
      assertThat(isRun(a, order) && isRun(b, order)).as("%s %s: %s", a, b, order).isTrue();
    }
  }

  @Test
  void everyMemberComesOnceHoweverManySets() {
    var random = SeededRandom.fresh();
    var sets = new ArrayList<BitSet>();
    BitSet all = new BitSet();
    for (int k = 0; k < 31; k++) {
      BitSet set = new BitSet();
      for (int member = 0; member < 47; member++) {
        set.set(member, random.nextDouble() < 0.4);
      }
      sets.add(set);
      all.or(set);
    }
    assertThat(ChannelOrder.of(sets))
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(all.stream().boxed().toList());
  }
}
