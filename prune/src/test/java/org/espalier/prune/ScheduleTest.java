package org.espalier.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.espalier.graph.InvalidInputException;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private final Schedule cubic = new Schedule.Cubic(0.1, 0.9, 100, 500, 150);

  @Test
  void theCubicPassesItsLandmarks() {
    assertThat(cubic.sparsityAt(0)).isEqualTo(0.1);
    assertThat(cubic.sparsityAt(100)).isCloseTo(0.1, within(1e-12));
    assertThat(cubic.sparsityAt(300)).isCloseTo(0.9 - 0.8 / 8, within(1e-12));
    assertThat(cubic.sparsityAt(500)).isEqualTo(0.9);
    assertThat(cubic.sparsityAt(9999)).isEqualTo(0.9);
    assertThat(cubic.sparsityAt(500) - cubic.sparsityAt(499)).isLessThan(1e-7);
  }

  @Test
  void pruningStepsEndOnTheLast() {
    assertThat(LongStream.range(0, 1000).filter(cubic::prunesAt))
        .containsExactly(100L, 250L, 400L, 500L);
    assertThat(LongStream.range(0, 9).filter(new Schedule.OneShot(0.5, 3)::prunesAt))
        .containsExactly(3L);
  }

  @Test
  void sparsityBelowOne() {
    assertThatThrownBy(() -> new Schedule.OneShot(1, 0))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("a sparsity of 1.0: expected a share of weights, from 0 up to but not 1");
    assertThatThrownBy(() -> new Schedule.Cubic(0, Double.NaN, 0, 1, 1))
        .isInstanceOf(InvalidInputException.class);
  }
}
