package org.espalier.study.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.espalier.graph.Executor;
import org.espalier.graph.Tensor;

/**
 * Times executors against each other: all are warmed up, then they take turns in short slices, so
 * that a machine that slows down or speeds up does it to all of them. Every other round goes
 * backwards, so that nobody always comes after the same rival.
 */
public final class Stopwatch {
  private static final int MOST_RUNS = 200_000;

  /** The threads of a rival may spin for a while after its last run. */
  private static final int SETTLE_MILLIS = 20;

  private Stopwatch() {}

  /** One thing to time. */
  public record Contender(Executor executor, Map<String, Tensor> inputs) {}

  /**
   * How long and how often.
   *
   * @param warmUp seconds for each contender, before anything counts
   * @param seconds of measurement for each, in {@code rounds} slices
   * @param streams callers at the same time
   * @param items examples in a run
   */
  public record Schedule(double warmUp, double seconds, int rounds, int streams, long items) {
    public Schedule {
      assert rounds > 0 && streams > 0 && items > 0 : this;
    }
  }

  /** What one contender was seen to take: its runs in nanoseconds, a list for each round. */
  public record Watched(List<long[]> rounds, Timing timing) {
    /** The median of each round in milliseconds. */
    public double[] medians() {
      return rounds.stream()
          .mapToDouble(
              round -> {
                long[] sorted = round.clone();
                Arrays.sort(sorted);
                return Timing.percentile(sorted, 0.5) / 1e6;
              })
          .toArray();
    }
  }

  /** Times the contenders; the results are in their order. */
  public static List<Watched> time(List<Contender> contenders, Schedule schedule) {
    int count = contenders.size();
    var rounds = new ArrayList<List<long[]>>();
    var walls = new double[count];
    try (ExecutorService callers = Executors.newFixedThreadPool(schedule.streams())) {
      for (Contender contender : contenders) {
        slice(contender, schedule.warmUp(), schedule.streams(), callers);
        rounds.add(new ArrayList<>());
      }
      for (int round = 0; round < schedule.rounds(); round++) {
        for (int turn = 0; turn < count; turn++) {
          int k = round % 2 == 0 ? turn : count - 1 - turn;
          settle();
          long start = System.nanoTime();
          rounds
              .get(k)
              .add(
                  slice(
                      contenders.get(k),
                      schedule.seconds() / schedule.rounds(),
                      schedule.streams(),
                      callers));
          walls[k] += (System.nanoTime() - start) / 1e9;
        }
      }
    }
    var watched = new ArrayList<Watched>();
    for (int k = 0; k < count; k++) {
      long[] all = rounds.get(k).stream().flatMapToLong(Arrays::stream).toArray();
      watched.add(
          new Watched(rounds.get(k), Timing.of(all, all.length * schedule.items() / walls[k])));
    }
    return watched;
  }

  private static void settle() {
    try {
      Thread.sleep(SETTLE_MILLIS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs for so long, once at least for each caller. */
  private static long[] slice(
      Contender contender, double seconds, int streams, ExecutorService callers) {
    if (streams == 1) {
      return run(contender, seconds);
    }
    var running = new ArrayList<Future<long[]>>();
    for (int k = 0; k < streams; k++) {
      running.add(callers.submit(() -> run(contender, seconds)));
    }
    var all = new long[0];
    for (Future<long[]> caller : running) {
      long[] own = result(caller);
      int at = all.length;
      all = Arrays.copyOf(all, at + own.length);
      System.arraycopy(own, 0, all, at, own.length);
    }
    return all;
  }

  private static long[] result(Future<long[]> caller) {
    try {
      return caller.get();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring", interrupted);
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(failed.getCause());
    }
  }

  private static long[] run(Contender contender, double seconds) {
    long[] nanos = new long[1024];
    int count = 0;
    long end = System.nanoTime() + (long) (seconds * 1e9);
    do {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      long start = System.nanoTime();
      contender.executor().run(contender.inputs());
      nanos[count++] = System.nanoTime() - start;
    } while (System.nanoTime() < end && count < MOST_RUNS);
    return Arrays.copyOf(nanos, count);
  }
}
