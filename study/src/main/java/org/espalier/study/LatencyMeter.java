package org.espalier.study;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.prune.structured.Meter;
import org.espalier.reference.RandomInputs;
import org.espalier.study.bench.Stopwatch;
import org.espalier.study.report.Progress;

/**
 * Milliseconds that a model takes for one example on this machine. Every model is timed in turns
 * with the original, so that a machine that slows down meanwhile does it to both.
 */
public final class LatencyMeter implements Meter, AutoCloseable {
  private static final Stopwatch.Schedule SCHEDULE = new Stopwatch.Schedule(0.3, 1.6, 16, 1, 1);

  /** For networks that run hundreds of times in this. */
  private static final Stopwatch.Schedule QUICK = new Stopwatch.Schedule(0.2, 0.6, 8, 1, 1);

  private static final double QUICK_MS = 3;

  private final Model original;
  private final Function<Model, Executor> compiler;
  private final Executor reference;
  private final Map<String, Tensor> inputs;
  private final double referenceMs;
  private final Progress progress;
  private int measured;

  /**
   * @param compiler makes what runs a model
   */
  public LatencyMeter(Model original, Function<Model, Executor> compiler, Progress progress) {
    this.progress = progress;
    this.original = original;
    this.compiler = compiler;
    this.reference = compiler.apply(original);
    this.inputs = RandomInputs.takenBy(reference, original, 1, 1);
    this.referenceMs =
        typical(
            Stopwatch.time(List.of(new Stopwatch.Contender(reference, inputs)), QUICK).getFirst());
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // comparing weights would take longer than it saves
  public double of(Model model) {
    if (model == original) {
      return referenceMs;
    }
    progress.at("measure", ++measured, 0, "whole networks");
    try (Executor executor = compiler.apply(model)) {
      List<Stopwatch.Watched> both =
          Stopwatch.time(
              List.of(
                  new Stopwatch.Contender(reference, inputs),
                  new Stopwatch.Contender(executor, inputs)),
              referenceMs < QUICK_MS ? QUICK : SCHEDULE);
      return referenceMs * typical(both.get(1)) / typical(both.get(0));
    }
  }

  /** The shapes of what models are run on. */
  public Map<String, Shape> shapes() {
    return inputs.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, input -> input.getValue().shape()));
  }

  /**
   * The lower quartile of all runs in milliseconds. What else the machine does makes runs longer,
   * never shorter: on a busy one the median is half somebody else's.
   */
  private static double typical(Stopwatch.Watched watched) {
    long[] nanos = watched.rounds().stream().flatMapToLong(Arrays::stream).sorted().toArray();
    return nanos[nanos.length / 4] / 1e6;
  }

  @Override
  public void close() {
    reference.close();
  }
}
