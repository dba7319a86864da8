package org.espalier.study;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.structured.Meter;
import org.espalier.reference.RandomInputs;
import org.espalier.study.bench.Stopwatch;

/**
 * Milliseconds that a model takes for one example on this machine. Every model is timed in turns
 * with the original, so that a machine that slows down meanwhile does it to both.
 */
public final class LatencyMeter implements Meter, AutoCloseable {
  private static final Stopwatch.Schedule SCHEDULE = new Stopwatch.Schedule(0.3, 0.8, 8, 1, 1);

  private final Model original;
  private final Function<Model, Executor> compiler;
  private final Executor reference;
  private final Map<String, Tensor> inputs;
  private final double referenceMs;

  /**
   * @param compiler makes what runs a model
   */
  public LatencyMeter(Model original, Function<Model, Executor> compiler) {
    this.original = original;
    this.compiler = compiler;
    this.reference = compiler.apply(original);
    this.inputs = RandomInputs.takenBy(reference, original, 1, 1);
    this.referenceMs =
        median(
            Stopwatch.time(List.of(new Stopwatch.Contender(reference, inputs)), SCHEDULE)
                .getFirst());
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // comparing weights would take longer than it saves
  public double of(Model model) {
    if (model == original) {
      return referenceMs;
    }
    try (Executor executor = compiler.apply(model)) {
      List<Stopwatch.Watched> both =
          Stopwatch.time(
              List.of(
                  new Stopwatch.Contender(reference, inputs),
                  new Stopwatch.Contender(executor, inputs)),
              SCHEDULE);
      return referenceMs * median(both.get(1)) / median(both.get(0));
    }
  }

  private static double median(Stopwatch.Watched watched) {
    return watched.timing().medianMs();
  }

  @Override
  public void close() {
    reference.close();
  }
}
