package org.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.Executor;
import org.espalier.graph.Model;
import org.espalier.prune.Budget;
import org.espalier.prune.Layers;
import org.espalier.prune.Methods;
import org.espalier.prune.Pattern;
import org.espalier.reference.OnnxRuntime;
import org.espalier.study.measure.Findings;
import org.espalier.study.measure.Measurements;
import org.espalier.study.measure.Settings;
import org.espalier.study.report.Progress;
import org.espalier.train.Evaluation;
import org.espalier.train.Regimen;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingMethod;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingProgress;
import org.espalier.train.TrainingRule;
import org.espalier.train.TrainingTask;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Splits;

/** Trainings with a method's idea and without it, and what is measured of what they leave. */
final class Trainings {
  private Trainings() {}

  static TrainingOptions options(int epochs, long seed) {
    return TrainingOptions.usual(epochs).withBatch(100).withSeed(seed);
  }

  static Regimen plan(String method, Dataset data, TrainingOptions options, Budget budget) {
    return ((TrainingMethod) Methods.named(method))
        .plan(
            new TrainingTask(
                data, options, Optional.of(budget), new Pattern.Unstructured(), Optional.empty()));
  }

  /** The same training without the rules of this kind. */
  static Regimen without(Regimen regimen, Class<? extends TrainingRule> idea) {
    List<TrainingRule> rules =
        regimen.rules().stream().filter(rule -> !idea.isInstance(rule)).toList();
    return new Regimen(regimen.data(), regimen.options(), rules);
  }

  /** The same training with this in place of its rule of the kind. */
  static Regimen with(Regimen regimen, TrainingRule instead) {
    List<TrainingRule> rules =
        regimen.rules().stream()
            .map(rule -> rule.getClass() == instead.getClass() ? instead : rule)
            .toList();
    return new Regimen(regimen.data(), regimen.options(), rules);
  }

  static Model trained(Model model, Regimen regimen) throws IOException {
    return new Trainer(model, regimen.options())
        .with(regimen.rules().toArray(TrainingRule[]::new))
        .train(regimen.data(), Optional.empty(), TrainingProgress.SILENT)
        .model();
  }

  static void checkPruned(Model model, double sparsity) {
    Layers layers = Layers.of(model);
    long kept = layers.layers().stream().mapToLong(layer -> layer.tensor().nonzeros()).sum();
    assertThat(kept).isLessThanOrEqualTo(Math.round((1 - sparsity) * layers.size()));
  }

  static Findings measured(String name, Model model, Splits data, int samples) {
    return measured(name, model, Optional.empty(), data, samples);
  }

  /**
   * What a measurement finds.
   *
   * @param pruned what was made of the model, for measurements of two
   */
  static Findings measured(
      String name, Model model, Optional<Model> pruned, Splits data, int samples) {
    var settings = new Settings(samples, 250, 0, Progress.NONE);
    return Measurements.of(List.of(name), model, pruned, data, settings)
        .findings()
        .getFirst()
        .findings();
  }

  /** In percent. */
  static double accuracy(Model model, Dataset data) {
    try (Executor executor = OnnxRuntime.of(model)) {
      return Evaluation.of(executor, model, data).percent();
    }
  }
}
