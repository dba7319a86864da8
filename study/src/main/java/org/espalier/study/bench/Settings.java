package org.espalier.study.bench;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.espalier.engine.Options;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Shape;

/**
 * How to measure.
 *
 * @param threads for the engine and for ONNX Runtime
 * @param batch examples in a run; a file that fixes another is rewritten
 * @param shapes of inputs, by name, where the model leaves them open
 * @param streams callers at the same time, where the scenario is {@code STREAMS}
 * @param warmUp seconds for each, before anything counts
 * @param seconds of measurement for each
 * @param rounds slices in which they take turns
 * @param layers whether the layers are timed, too
 * @param planBeside the model's file, beside which the engine keeps what it measures for its plan
 */
public record Settings(
    int threads,
    long batch,
    Map<String, Shape> shapes,
    Scenario scenario,
    int streams,
    double warmUp,
    double seconds,
    int rounds,
    Against against,
    boolean layers,
    Optional<Path> planBeside) {

  public Settings {
    shapes = Map.copyOf(shapes);
    if (threads < 1 || batch < 1 || !(seconds > 0)) {
      throw new InvalidInputException(
          "a benchmark with %d threads, batch %d and %s seconds, expected all above 0"
              .formatted(threads, batch, seconds));
    }
    if (streams < 1 || rounds < 1 || !(warmUp >= 0)) {
      throw new InvalidInputException(
          "%d streams, %d rounds and %s seconds of warm-up, expected 1, 1 and 0 or more"
              .formatted(streams, rounds, warmUp));
    }
  }

  /** How the engine is to run. */
  Options engine(int threads) {
    var options = new Options(threads);
    return planBeside.map(options::withPlanCacheBeside).orElse(options);
  }

  /** One example at a time, against ONNX Runtime. */
  public static Settings latency(int threads, double seconds) {
    return new Settings(
        threads,
        1,
        Map.of(),
        Scenario.LATENCY,
        1,
        1.5, // vector code is slow until the JVM's second compiler has seen it
        seconds,
        5,
        Against.DENSE,
        false,
        Optional.empty());
  }

  /** The same, against something else. */
  public Settings against(Against other) {
    return new Settings(
        threads,
        batch,
        shapes,
        scenario,
        streams,
        warmUp,
        seconds,
        rounds,
        other,
        layers,
        planBeside);
  }

  /** How many callers there are at the same time. */
  int callers() {
    return switch (scenario) {
      case LATENCY -> 1;
      case THROUGHPUT -> threads;
      case STREAMS -> streams;
    };
  }

  /** How many threads share one run. */
  int threadsOfSession() {
    return scenario == Scenario.THROUGHPUT ? 1 : threads;
  }

  Stopwatch.Schedule schedule() {
    return new Stopwatch.Schedule(warmUp, seconds, rounds, callers(), batch);
  }
}
