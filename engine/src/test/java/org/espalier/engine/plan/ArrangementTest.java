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

  @Test
  void whatIsReplacedAtItsEndIsInTheSamePlaceAndElseInAnother() {
    for (int round = 0; round < 200; round++) {
      int steps = 1 + random.nextInt(30);
      List<Slot> slots = slots(1 + random.nextInt(60), steps);
      for (int k = 1; k < slots.size(); k++) {
        slots.get(k).mayReplace(slots.get(random.nextInt(k)));
        if (random.nextBoolean()) {
          var heir = new Slot(slots.get(k).bytes - Slot.SLACK);
          heir.mayReplace(slots.get(k));
          heir.usedBy(slots.get(k).last + random.nextInt(2));
          heir.usedBy(heir.first + random.nextInt(3));
          slots.add(k + 1, heir);
        }
      }
      long total = Arrangement.place(slots);
      for (Slot a : slots) {
        assertThat(a.at).isBetween(Slot.HEAD, total - a.bytes);
        for (Slot b : slots) {
          boolean apart = a.at + a.bytes <= b.at || b.at + b.bytes <= a.at;
          boolean handedOver = a.at == b.at && (a.last == b.first || b.last == a.first);
          assertThat(a == b || !a.overlapsInTime(b) || apart || handedOver).isTrue();
        }
      }
    }
  }

  @Test
  void aPlaceIsHandedOnOnceAndOnlyAtTheEnd() {
    Slot[] slots = new Slot[4];
    for (int k = 0; k < 4; k++) {
      slots[k] = new Slot(1000);
    }
    slots[0].usedBy(0);
    slots[0].usedBy(2);
    for (int k = 1; k < 4; k++) {
      slots[k].usedBy(k == 1 ? 1 : 2); // the first too early, the others at the end
      slots[k].usedBy(3);
      slots[k].mayReplace(slots[0]);
    }
    Arrangement.place(List.of(slots));
    assertThat(slots[1].at).isNotEqualTo(slots[0].at);
    assertThat(slots[2].at).isEqualTo(slots[0].at);
    assertThat(slots[3].at).isNotEqualTo(slots[0].at);
  }

  @Test
  void partsReplaceNothing() {
    var whole = new Slot(1000);
    whole.usedBy(0);
    whole.usedBy(1);
    var other = new Slot(1000 - 64);
    other.usedBy(1);
    other.mayReplace(whole.part(64));
    assertThat(other.replaced()).isNull();
    assertThat(whole.shares(whole.part(64))).isTrue();
    assertThat(whole.shares(other)).isFalse();
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
