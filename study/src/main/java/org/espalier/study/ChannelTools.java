package org.espalier.study;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.prune.Budget;
import org.espalier.prune.Layers;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.structured.Forecast;
import org.espalier.prune.structured.Meters;
import org.espalier.study.latency.LayerLatencies;
import org.espalier.study.latency.LayerTimer;
import org.espalier.study.report.Progress;
import org.espalier.train.Evaluation;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Splits;

/**
 * What a recipe that removes channels or blocks observes and measures with; closed after use.
 *
 * @param timed what times models, where anything does
 */
public record ChannelTools(Evidence evidence, Meters meters, LatencyMeter timed)
    implements AutoCloseable {

  /**
   * How to measure.
   *
   * @param compiler runs models
   * @param timer times layers, where widths are to be chosen by it; null to go without
   * @param layerTimes a file with the times of layers; null for none
   * @param samples how many examples give a first idea of an accuracy
   */
  public record Measuring(
      Function<Model, Executor> compiler,
      LayerTimer timer,
      Path layerTimes,
      int samples,
      Progress progress) {
    public Measuring {
      if (samples < 1) {
        throw new InvalidInputException(samples + " examples to evaluate on, expected 1 or more");
      }
    }

    /** Measures whole models alone. */
    public static Measuring by(Function<Model, Executor> compiler) {
      return new Measuring(compiler, null, null, 1000, Progress.NONE);
    }

    private Evaluation evaluated(Model model, Dataset data, String what) {
      try (Executor executor = compiler.apply(model)) {
        return Evaluation.of(
            executor, model, data, seen -> progress.at(what, seen, data.size(), ""));
      }
    }

    /** Some of the examples; null where all are hardly more. */
    private Dataset part(Dataset data) {
      return data.size() < 2L * samples ? null : data.spread(samples);
    }
  }

  /**
   * The tools that a recipe with this budget needs for a model.
   *
   * @param calibration what the network is observed on; null for nothing
   * @param evaluation data to measure accuracy on; null for none
   * @param tuning data to measure the loss on, of the training part; null for none
   */
  public static ChannelTools of(
      Budget budget,
      Model model,
      Measuring measuring,
      Calibration calibration,
      Dataset evaluation,
      Dataset tuning) {
    Meters meters = Meters.NONE;
    if (evaluation != null) {
      meters =
          meters.withAccuracy(
              pruned -> measuring.evaluated(pruned, evaluation, "accuracy").percent());
      Dataset part = measuring.part(evaluation);
      if (part != null) {
        meters =
            meters.withEstimate(
                pruned -> measuring.evaluated(pruned, part, "accuracy, estimated").percent());
      }
    }
    if (tuning != null) {
      meters = meters.withLoss(pruned -> measuring.evaluated(pruned, tuning, "loss").loss());
    }
    Evidence evidence =
        calibration == null
            ? Evidence.NONE
            : Evidence.of(model, Layers.of(model).weights(), calibration);
    LatencyMeter timed = null;
    if (budget instanceof Budget.Cost cost && cost.unit() == Budget.Unit.LATENCY) {
      timed = new LatencyMeter(model, measuring.compiler(), measuring.progress());
      meters = meters.withLatency(timed);
      if (measuring.timer() != null) {
        meters = meters.withForecast(forecast(model, timed, measuring));
      }
    }
    return new ChannelTools(evidence, meters, timed);
  }

  /** Some of the training part, to measure losses on: a tenth of it, and 1000 examples at most. */
  public static Dataset tuning(Splits data, long seed) {
    return data.validation(Math.min(0.1, 1000.0 / data.train().size()), seed).test();
  }

  /** Measures layers when the first forecast is made: not every recipe asks for any. */
  private static Forecast.Source forecast(Model model, LatencyMeter timed, Measuring measuring) {
    var measured = new AtomicReference<LayerLatencies>();
    return (coupling, costs) -> {
      if (measured.get() == null) {
        measured.set(
            LayerLatencies.of(
                model,
                timed.shapes(),
                measuring.timer(),
                measuring.layerTimes(),
                measuring.progress()));
      }
      return measured.get().forecast(coupling, costs, timed.of(model));
    };
  }

  @Override
  public void close() {
    if (timed != null) {
      timed.close();
    }
    evidence.close();
  }
}
