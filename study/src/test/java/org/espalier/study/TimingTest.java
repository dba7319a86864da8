package org.espalier.study;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TimingTest {
  @Test
  void percentilesAreNearestRanks() {
    Timing timing =
        Timing.of(LongStream.rangeClosed(1, 100).map(k -> (101 - k) * 1_000_000).toArray());
    assertThat(timing).isEqualTo(new Timing(50, 95, 1, 100));
    assertThat(Timing.of(new long[] {7_000_000})).isEqualTo(new Timing(7, 7, 7, 1));
  }
}
