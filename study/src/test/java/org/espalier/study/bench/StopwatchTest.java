package org.espalier.study.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.junit.jupiter.api.Test;

class StopwatchTest {
  /** Writes down who was called. */
  private record Named(String name, List<String> calls) implements Executor {
    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
      calls.add(name);
      return Map.of();
    }

    @Override
    public void close() {}
  }

  @Test
  void contendersTakeTurnsAndEveryOtherRoundGoesBackwards() {
    List<String> calls = Collections.synchronizedList(new ArrayList<>());
    var contenders =
        List.of(
            new Stopwatch.Contender(new Named("a", calls), Map.of()),
            new Stopwatch.Contender(new Named("b", calls), Map.of()));
    // No time at all: one run for each slice.
    var watched = Stopwatch.time(contenders, new Stopwatch.Schedule(0, 1e-9, 3, 1, 16));
    assertThat(calls).containsExactly("a", "b", "a", "b", "b", "a", "a", "b");
    assertThat(watched).hasSize(2);
    assertThat(watched.getFirst().rounds()).hasSize(3).allMatch(round -> round.length == 1);
    assertThat(watched.getFirst().timing().runs()).isEqualTo(3);
    assertThat(watched.getFirst().medians()).hasSize(3);
  }

  @Test
  void everyCallerRunsInEverySlice() {
    List<String> calls = Collections.synchronizedList(new ArrayList<>());
    var contender = new Stopwatch.Contender(new Named("a", calls), Map.of());
    var watched = Stopwatch.time(List.of(contender), new Stopwatch.Schedule(0, 1e-9, 2, 3, 1));
    assertThat(watched.getFirst().timing().runs()).isEqualTo(6);
    assertThat(calls).hasSize(9); // and the warm-up
  }

  @Test
  void aFailingRunIsTheCallersFailure() {
    Executor failing =
        new Executor() {
          @Override
          public Map<String, Tensor> run(Map<String, Tensor> inputs) {
            throw new InvalidInputException("no such input");
          }

          @Override
          public void close() {}
        };
    var contender = new Stopwatch.Contender(failing, Map.of());
    for (int streams : new int[] {1, 2}) {
      assertThatThrownBy(
              () ->
                  Stopwatch.time(
                      List.of(contender), new Stopwatch.Schedule(0, 1e-9, 1, streams, 1)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage("no such input");
    }
  }
}
