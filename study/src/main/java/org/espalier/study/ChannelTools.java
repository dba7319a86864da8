package org.espalier.study;

import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.prune.Budget;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.structured.Meters;
import org.espalier.train.Evaluation;
import org.espalier.train.data.Dataset;

/**
 * What a recipe that removes channels or blocks observes and measures with; closed after use.
 *
 * @param timed what times models, where anything does
 */
public record ChannelTools(Evidence evidence, Meters meters, LatencyMeter timed)
    implements AutoCloseable {

  /**
   * The tools that a recipe with this budget needs for a model.
   *
   * @param compiler runs models where latency or accuracy is measured
   * @param calibration what the network is observed on; null for nothing
   * @param evaluation data to measure accuracy on; null for none
   * @param tuning data to measure the loss on, of the training part; null for none
   */
  public static ChannelTools of(
      Budget budget,
      Model model,
      Function<Model, Executor> compiler,
      Calibration calibration,
      Dataset evaluation,
      Dataset tuning) {
    Meters meters = Meters.NONE;
    if (evaluation != null) {
      meters = meters.withAccuracy(pruned -> evaluated(pruned, compiler, evaluation).percent());
    }
    if (tuning != null) {
      meters = meters.withLoss(pruned -> evaluated(pruned, compiler, tuning).loss());
    }
    Evidence evidence =
        calibration == null ? Evidence.NONE : Evidence.of(model, weights(model), calibration);
    LatencyMeter timed = null;
    if (budget instanceof Budget.Cost cost && cost.unit() == Budget.Unit.LATENCY) {
      timed = new LatencyMeter(model, compiler);
      meters = meters.withLatency(timed);
    }
    return new ChannelTools(evidence, meters, timed);
  }

  /** The weights of products, which is what can be observed. */
  private static Set<String> weights(Model model) {
    return Layers.of(model).layers().stream().map(Layer::weight).collect(Collectors.toSet());
  }

  private static Evaluation evaluated(
      Model model, Function<Model, Executor> compiler, Dataset evaluation) {
    try (Executor executor = compiler.apply(model)) {
      return Evaluation.of(executor, model, evaluation);
    }
  }

  @Override
  public void close() {
    if (timed != null) {
      timed.close();
    }
    evidence.close();
  }
}
