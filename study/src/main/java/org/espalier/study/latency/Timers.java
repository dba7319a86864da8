package org.espalier.study.latency;

import java.util.function.Function;
import java.util.function.LongSupplier;
import org.espalier.engine.Engine;
import org.espalier.engine.Options;
import org.espalier.engine.Session;
import org.espalier.engine.plan.Profile;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.reference.NodeTimes;
import org.espalier.reference.OnnxRuntime;

/** Timers for each executor. */
public final class Timers {
  private static final long NANOS = 6_000_000;
  private static final int FEWEST = 8;
  private static final int MOST = 60;

  /** Java code is slow until it was compiled. */
  private static final long WARM_UP = 15_000_000;

  private Timers() {}

  /** ONNX Runtime's own count of each node; it works on up to four blocks of 8 or 16 channels. */
  public static LayerTimer onnxRuntime(OnnxRuntime.Options options) {
    return new LayerTimer(
        "onnxruntime " + OnnxRuntime.version(),
        options.threads(),
        32,
        (layer, inputs) -> {
          try (NodeTimes times = NodeTimes.start(layer, options)) {
            long start = System.nanoTime();
            times.run(inputs);
            int runs = runs(System.nanoTime() - start);
            for (int run = 0; run < runs; run++) {
              times.run(inputs);
            }
            return times.end().stream()
                    .filter(node -> !node.op().startsWith("Reorder"))
                    .mapToDouble(NodeTimes.NodeTime::leastMicros)
                    .sum()
                / 1e3;
          }
        });
  }

  /** The engine's own count of each step; its strips have 6 rows or 12. */
  public static LayerTimer engine(String version, Options options) {
    return new LayerTimer(
        "engine " + version,
        options.threads(),
        12,
        (layer, inputs) -> {
          try (Session session = Engine.compile(layer, options)) {
            return least(() -> steps(session.profile(inputs)), WARM_UP);
          }
        });
  }

  private static long steps(Profile profile) {
    double micros =
        profile.layers().stream()
            .flatMap(layer -> layer.parts().stream())
            .filter(part -> !part.conversion())
            .mapToDouble(Profile.Part::micros)
            .sum();
    return (long) (1e3 * micros);
  }

  /** The whole run of whatever runs models. */
  public static LayerTimer whole(String executor, int threads, Function<Model, Executor> compiler) {
    return new LayerTimer(
        executor,
        threads,
        16,
        (layer, inputs) -> {
          try (Executor running = compiler.apply(layer)) {
            return least(
                () -> {
                  long start = System.nanoTime();
                  running.run(inputs);
                  return System.nanoTime() - start;
                },
                WARM_UP);
          }
        });
  }

  private static int runs(long nanos) {
    return Math.clamp(NANOS / Math.max(1, nanos), FEWEST, MOST);
  }

  /** Milliseconds of the fastest of some runs. */
  private static double least(LongSupplier run, long warmUp) {
    long end = System.nanoTime() + warmUp;
    long nanos;
    do {
      nanos = run.getAsLong();
    } while (System.nanoTime() < end);
    for (int k = runs(nanos); k > 0; k--) {
      nanos = Math.min(nanos, run.getAsLong());
    }
    return nanos / 1e6;
  }
}
