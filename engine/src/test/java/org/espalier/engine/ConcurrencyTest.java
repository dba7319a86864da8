package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.espalier.graph.DataType;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.NativeMemory;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.junit.jupiter.api.Test;

class ConcurrencyTest {
  private static final int THREADS = 8;
  private static final int RUNS = 1000;

  private final SeededRandom random = SeededRandom.fresh();
  private final Model model = Sparsified.of(Zoo.build("lenet-5", 1), 0.9, random);
  private final String out = model.graph().outputs().getFirst().name();

  @Test
  void manyRunsAtOnceAreEqualAndTakeNoMemory() throws Exception {
    Map<String, Tensor> inputs = Sparsified.inputs(model, 1, random);
    try (Session session = Engine.compile(model, new Options(2));
        var pool = Executors.newFixedThreadPool(THREADS)) {
      Tensor expected = session.run(inputs).get(out);
      Callable<Boolean> runs =
          () -> {
            boolean same = true;
            Tensor mine = Tensor.allocate(DataType.FLOAT, expected.dims());
            for (int k = 0; k < RUNS; k++) {
              var targets = k % 2 == 0 ? Map.<String, Tensor>of() : Map.of(out, mine);
              same &= session.run(inputs, targets).get(out).equals(expected);
            }
            return same;
          };
      assertThat(runs.call()).isTrue();
      OptionalLong before = NativeMemory.bytes();
      var results = new ArrayList<Future<Boolean>>();
      for (int k = 0; k < THREADS; k++) {
        results.add(pool.submit(runs));
      }
      for (Future<Boolean> result : results) {
        assertThat(result.get()).isTrue();
      }
      assumeTrue(before.isPresent(), "no glibc here");
      // A frame lost in each run would be over a gigabyte; the JIT compiler takes far less.
      assertThat(NativeMemory.bytes().getAsLong() - before.getAsLong())
          .as("growth, bytes")
          .isLessThan(200_000_000);
    }
  }

  @Test
  void shapesComeAndGoWhileOthersRun() throws Exception {
    try (Session session = Engine.compile(model, new Options(2));
        var pool = Executors.newFixedThreadPool(4)) {
      var expected = new ArrayList<Map<String, Tensor>>();
      var inputs = new ArrayList<Map<String, Tensor>>();
      for (int batch = 1; batch <= 11; batch++) {
        inputs.add(Sparsified.inputs(model, batch, random));
        expected.add(session.run(inputs.getLast()));
      }
      var runs = new ArrayList<Future<?>>();
      for (int k = 0; k < 4; k++) {
        int first = k;
        runs.add(
            pool.submit(
                () -> {
                  for (int round = 0; round < 30; round++) {
                    int at = (first * 3 + round) % inputs.size();
                    Tensor result = session.run(inputs.get(at)).get(out);
                    assertThat(result.dims()).isEqualTo(expected.get(at).get(out).dims());
                  }
                }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
  }

  @Test
  void closeLetsRunsFinishAndRefusesNewOnes() throws Exception {
    Map<String, Tensor> inputs = Sparsified.inputs(model, 3, random);
    for (int round = 0; round < 20; round++) {
      Session session = Engine.compile(model, new Options(2));
      Tensor expected = session.run(inputs).get(out);
      var begun = new CountDownLatch(4);
      try (var pool = Executors.newFixedThreadPool(5)) {
        var runs = new ArrayList<Future<Integer>>();
        for (int k = 0; k < 4; k++) {
          runs.add(
              pool.submit(
                  () -> {
                    for (int run = 0; ; run++) {
                      try {
                        assertThat(session.run(inputs).get(out)).isEqualTo(expected);
                      } catch (IllegalStateException closed) {
                        assertThat(closed).hasMessage("this session is closed");
                        return run;
                      }
                      if (run == 0) {
                        begun.countDown();
                      }
                    }
                  }));
        }
        begun.await();
        List<Future<?>> closings =
            List.of(pool.submit(session::close), pool.submit(session::close));
        session.close();
        for (Future<?> closing : closings) {
          closing.get();
        }
        assertThatThrownBy(() -> session.run(inputs)).isInstanceOf(IllegalStateException.class);
        for (Future<Integer> run : runs) {
          assertThat(get(run)).isPositive();
        }
      }
    }
  }

  private static int get(Future<Integer> run) throws InterruptedException {
    try {
      return run.get();
    } catch (ExecutionException failed) {
      throw new AssertionError(failed.getCause());
    }
  }
}
