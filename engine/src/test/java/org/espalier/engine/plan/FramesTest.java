package org.espalier.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FramesTest {
  private static final long BYTES = 4096;

  private final List<Frame> made = new ArrayList<>();

  private Frames frames(AtomicLong room) {
    return new Frames(
        () -> {
          made.add(new Frame(BYTES, 1));
          return made.getLast();
        },
        room);
  }

  private long alive() {
    return made.stream().filter(frame -> frame.memory.scope().isAlive()).count();
  }

  @Test
  void oneIsAlwaysKeptAndMoreAsFarAsThereIsRoom() {
    var room = new AtomicLong(2 * BYTES);
    Frames frames = frames(room);
    var taken = new ArrayList<Frame>();
    for (int k = 0; k < 7; k++) {
      taken.add(frames.take());
    }
    taken.forEach(frames::give);
    assertThat(made).hasSize(7);
    assertThat(alive()).isEqualTo(3);
    assertThat(room).hasValue(0);
    assertThat(frames.take()).as("the last that was kept").isSameAs(taken.get(2));
    assertThat(room).hasValue(BYTES);
    frames.retire();
    assertThat(alive()).as("the one in use").isEqualTo(1);
    assertThat(room).hasValue(2 * BYTES);
    frames.give(taken.get(2));
    assertThat(alive()).isZero();
  }

  @Test
  void manyFramesAreNotKeptWhateverTheRoom() {
    Frames frames = frames(new AtomicLong(Long.MAX_VALUE));
    var taken = new ArrayList<Frame>();
    for (int k = 0; k < 50; k++) {
      taken.add(frames.take());
    }
    taken.forEach(frames::give);
    assertThat(alive()).isEqualTo(16);
    frames.retire();
    assertThat(alive()).isZero();
  }
}
