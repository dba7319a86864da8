package org.espalier.study;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Executor;
import org.espalier.graph.Tensor;

/**
 * Times executors against each other: all are warmed up, then they take turns in short rounds, so
 * that a machine that slows down or speeds up does it to all of them.
 */
final class Stopwatch {
  private static final int ROUNDS = 8;

  /**
   * Vector code is slow until the JVM's second compiler has seen it, which takes a second or two.
   */
  private static final double LEAST_WARM_UP_SECONDS = 1.5;

  private static final int MOST_RUNS = 200_000;

  private Stopwatch() {}

  /** One thing to time. */
  record Contender(Executor executor, Map<String, Tensor> inputs) {}

  /**
   * The timing of each contender, in their order.
   *
   * @param seconds of measurement for each of them, after the warm-up
   */
  static List<Timing> time(List<Contender> contenders, double seconds) {
    for (Contender contender : contenders) {
      run(contender, Math.max(LEAST_WARM_UP_SECONDS, seconds / 2), new Samples());
    }
    List<Samples> samples = contenders.stream().map(contender -> new Samples()).toList();
    for (int round = 0; round < ROUNDS; round++) {
      for (int k = 0; k < contenders.size(); k++) {
        run(contenders.get(k), seconds / ROUNDS, samples.get(k));
      }
    }
    return samples.stream().map(Samples::timing).toList();
  }

  private static void run(Contender contender, double seconds, Samples samples) {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    do {
      long start = System.nanoTime();
      contender.executor().run(contender.inputs());
      samples.add(System.nanoTime() - start);
    } while (System.nanoTime() < end && samples.count < MOST_RUNS);
  }

  private static final class Samples {
    private long[] nanos = new long[1024];
    private int count;

    void add(long sample) {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      nanos[count++] = sample;
    }

    Timing timing() {
      return Timing.of(Arrays.copyOf(nanos, count));
    }
  }
}
