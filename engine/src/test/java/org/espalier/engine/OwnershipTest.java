package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.junit.jupiter.api.Test;

/** Whose memory inputs and outputs are. */
class OwnershipTest {
  private final SeededRandom random = SeededRandom.fresh();
  private final Model model = Zoo.build("lenet-5", 1);
  private final String in = model.graph().requiredInputs().getFirst().name();
  private final String out = model.graph().outputs().getFirst().name();

  @Test
  void laterRunsLeaveEarlierResultsAlone() {
    try (Session session = Engine.compile(model, new Options(1))) {
      Tensor first = session.run(random.gaussian(1, 1, 28, 28));
      Tensor kept = first.copy();
      Tensor second = session.run(random.gaussian(1, 1, 28, 28));
      assertThat(first).isEqualTo(kept).isNotEqualTo(second);
    }
  }

  @Test
  void resultsGoWhereTheCallerWants() {
    try (Session session = Engine.compile(model, new Options(1))) {
      Tensor x = random.gaussian(1, 1, 28, 28);
      Tensor expected = session.run(x);
      Tensor mine = Tensor.allocate(DataType.FLOAT, expected.dims());
      Map<String, Tensor> results = session.run(Map.of(in, x), Map.of(out, mine));
      assertThat(results.get(out)).isSameAs(mine).isEqualTo(expected);
    }
  }

  @Test
  void targetsThatCannotTakeAResultAreRefused() {
    try (Session session = Engine.compile(model, new Options(1))) {
      Tensor x = random.gaussian(1, 1, 28, 28);
      long[] dims = session.run(x).dims();
      Tensor right = Tensor.allocate(DataType.FLOAT, dims);
      refuses(session, x, Map.of("more", right), "no output 'more'");
      refuses(session, x, Map.of(out, Tensor.allocate(DataType.DOUBLE, dims)), "DOUBLE");
      refuses(session, x, Map.of(out, Tensor.allocate(DataType.FLOAT, 1, 3)), "[1, 3]");
      Tensor constant = Tensor.of(DataType.FLOAT, dims, right.data().asReadOnly());
      refuses(session, x, Map.of(out, constant), "can't be written to");
      Tensor part = Tensor.of(DataType.FLOAT, dims, x.data().asSlice(64, right.data().byteSize()));
      refuses(session, x, Map.of(out, part), "shares memory");
      assertThat(session.run(x)).as("after all that").isNotNull();
    }
  }

  private void refuses(Session session, Tensor x, Map<String, Tensor> targets, String message) {
    assertThatThrownBy(() -> session.run(Map.of(in, x), targets))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void inputsMayLieAnywhere() {
    try (Session session = Engine.compile(model, new Options(1));
        Arena arena = Arena.ofConfined()) {
      Tensor x = random.gaussian(1, 1, 28, 28);
      Tensor expected = session.run(x);
      long bytes = x.data().byteSize();
      MemorySegment odd = arena.allocate(bytes + 3).asSlice(3).copyFrom(x.data()).asReadOnly();
      MemorySegment heap = MemorySegment.ofArray(new byte[(int) bytes]).copyFrom(x.data());
      Tensor before = x.copy();
      assertThat(session.run(Tensor.of(DataType.FLOAT, x.dims(), odd))).isEqualTo(expected);
      assertThat(session.run(Tensor.of(DataType.FLOAT, x.dims(), heap))).isEqualTo(expected);
      assertThat(x).as("an input is only read").isEqualTo(before);
    }
  }

  /** What comes out unchanged is a copy all the same. */
  @Test
  void noResultIsAnInputOrAConstantOrAnotherResult() {
    var x = ValueInfo.of("x", DataType.INT64, Shape.of(2, 3));
    var nodes =
        List.of(
            Node.of("Identity", List.of("x"), List.of("a")),
            Node.of("Identity", List.of("x"), List.of("b")),
            Node.of("Identity", List.of("c"), List.of("d")));
    Tensor c = Tensor.of(new long[] {7, 8}, 2);
    var outputs =
        List.of(
            ValueInfo.of("a", DataType.INT64, Shape.of(2, 3)),
            ValueInfo.of("b", DataType.INT64, Shape.of(2, 3)),
            ValueInfo.of("d", DataType.INT64, Shape.of(2)));
    Model echo = Model.of(new Graph("echo", nodes, Map.of("c", c), List.of(x), outputs), 8, 17);
    try (Session session = Engine.compile(echo, new Options(1))) {
      Tensor given = Tensor.of(new long[] {1, 2, 3, 4, 5, 6}, 2, 3);
      Map<String, Tensor> results = session.run(Map.of("x", given));
      results.values().forEach(result -> result.data().fill((byte) -1));
      assertThat(given.integers()).containsExactly(1, 2, 3, 4, 5, 6);
      assertThat(c.integers()).containsExactly(7, 8);
      assertThat(session.run(Map.of("x", given)).get("a")).isEqualTo(given);
      assertThat(session.run(Map.of("x", given)).get("d")).isEqualTo(c);
      results = session.run(Map.of("x", given));
      results.get("a").data().fill((byte) -1);
      assertThat(results.get("b")).isEqualTo(given);
    }
  }
}
