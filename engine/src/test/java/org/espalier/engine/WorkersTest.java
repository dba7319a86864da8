package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.espalier.engine.plan.Frame;
import org.espalier.engine.plan.Step;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {
  private static final double LONG = 1000;

  /** Counts how often each task is done, and notices two at a time with one number. */
  private static final class Counting implements Step {
    final AtomicIntegerArray done;
    final AtomicIntegerArray inside;
    final AtomicInteger clashes = new AtomicInteger();

    Counting(int tasks, int workers) {
      done = new AtomicIntegerArray(tasks);
      inside = new AtomicIntegerArray(workers);
    }

    @Override
    public int tasks() {
      return done.length();
    }

    @Override
    public void run(Frame frame, int task, int worker) {
      if (inside.incrementAndGet(worker) > 1) {
        clashes.incrementAndGet();
      }
      done.incrementAndGet(task);
      inside.decrementAndGet(worker);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8})
  void everyTaskIsDoneOnce(int threads) {
    try (var workers = new Workers(threads)) {
      workers.enter();
      for (int round = 0; round < 5000; round++) {
        var step = new Counting(1 + round % 17, threads);
        workers.run(step, null, round % 3 == 0 ? 10 : LONG);
        for (int task = 0; task < step.tasks(); task++) {
          assertThat(step.done.get(task)).as("task %d of round %d", task, round).isEqualTo(1);
        }
        assertThat(step.clashes).hasValue(0);
      }
      workers.leave();
    }
  }

  @Test
  void runsAtOnceDoNotWaitForEachOther() throws Exception {
    try (var workers = new Workers(4);
        var pool = Executors.newFixedThreadPool(3)) {
      var runs = new ArrayList<Future<?>>();
      for (int k = 0; k < 3; k++) {
        runs.add(
            pool.submit(
                () -> {
                  workers.enter();
                  for (int round = 0; round < 3000; round++) {
                    var step = new Counting(7, 4);
                    workers.run(step, null, LONG);
                    for (int task = 0; task < 7; task++) {
                      assertThat(step.done.get(task)).isEqualTo(1);
                    }
                    assertThat(step.clashes).hasValue(0);
                  }
                  workers.leave();
                }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
  }

  @Test
  void aFailureIsTheCallersAndTheNextStepRuns() {
    try (var workers = new Workers(3)) {
      workers.enter();
      Step failing =
          new Step() {
            @Override
            public int tasks() {
              return 20;
            }

            @Override
            public void run(Frame frame, int task, int worker) {
              LockSupport.parkNanos(10_000);
              if (task == 13) {
                throw new IllegalArgumentException("task 13");
              }
            }
          };
      for (int round = 0; round < 20; round++) {
        assertThatThrownBy(() -> workers.run(failing, null, LONG)).hasMessage("task 13");
        var step = new Counting(9, 3);
        workers.run(step, null, LONG);
        assertThat(step.done.get(8)).isEqualTo(1);
      }
      workers.leave();
    }
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void idleThreadsSleep() throws InterruptedException {
    try (var workers = new Workers(3)) {
      workers.enter();
      for (int round = 0; round < 100; round++) {
        workers.run(new Counting(8, 3), null, LONG);
      }
      workers.leave();
      // Not for a time, but until they are woken; a thread that spins never gets there.
      assertThat(states()).hasSizeGreaterThanOrEqualTo(2);
      while (states().stream().anyMatch(state -> state != Thread.State.WAITING)) {
        Thread.sleep(1);
      }
    }
  }

  private static List<Thread.State> states() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("espalier-engine"))
        .map(Thread::getState)
        .toList();
  }
}
