package org.espalier.study.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TimingTest {
  @Test
  void percentilesAreNearestRanks() {
    Timing timing =
        Timing.of(LongStream.rangeClosed(1, 100).map(k -> (101 - k) * 1_000_000).toArray(), 7);
    assertThat(timing).isEqualTo(new Timing(50, 90, 95, 99, 50.5, 1, 100, 1, 7, 100));
    assertThat(Timing.of(new long[] {7_000_000}, 1))
        .isEqualTo(new Timing(7, 7, 7, 7, 7, 7, 7, 0, 1, 1));
  }

  @Test
  void medianOfAnEvenCountIsBetween() {
    assertThat(Median.of(4, 1, 3, 2)).isEqualTo(new Median(2.5, 1, 4));
    assertThat(Median.of(9, 1, 2)).isEqualTo(new Median(2, 1, 9));
  }
}
