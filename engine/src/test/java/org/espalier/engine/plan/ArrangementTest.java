package org.espalier.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

class ArrangementTest {
  private final SeededRandom random = SeededRandom.fresh();

  @Test
  void slotsOfOneTimeDoNotOverlapAndLittleIsLost() {
    double worst = 0;
    double sum = 0;
    int rounds = 200;
    for (int round = 0; round < rounds; round++) {
      List<Slot> slots = slots(1 + random.nextInt(120), 1 + random.nextInt(60));
      long total = Arrangement.place(slots);
      for (Slot a : slots) {
        assertThat(a.at).isBetween(0L, total - a.bytes);
        assertThat(a.at % 64).isZero();
        for (Slot b : slots) {
          assertThat(
                  a == b
                      || !a.overlapsInTime(b)
                      || a.at + a.bytes <= b.at
                      || b.at + b.bytes <= a.at)
              .isTrue();
        }
      }
      double ratio = total / (double) bound(slots);
      worst = Math.max(worst, ratio);
      sum += ratio;
    }
    assertThat(sum / rounds).as("bytes over the most that are live at once").isLessThan(1.05);
    assertThat(worst).isLessThan(1.4);
  }

  private List<Slot> slots(int count, int steps) {
    var slots = new ArrayList<Slot>();
    for (int k = 0; k < count; k++) {
      var slot = new Slot(1L << random.nextInt(20));
      int first = random.nextInt(steps);
      slot.usedBy(first);
      slot.usedBy(Math.min(steps - 1, first + (random.nextInt(5) == 0 ? random.nextInt(30) : 1)));
      slots.add(slot);
    }
    return slots;
  }

  /** No placement takes less than what is live at the busiest step. */
  private static long bound(List<Slot> slots) {
    return slots.stream()
        .mapToLong(
            at ->
                slots.stream()
                    .filter(slot -> slot.first <= at.first && at.first <= slot.last)
                    .mapToLong(slot -> slot.bytes)
                    .sum())
        .max()
        .orElse(0);
  }
}
