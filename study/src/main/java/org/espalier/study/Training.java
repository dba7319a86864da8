package org.espalier.study;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.pass.SparseStorage;
import org.espalier.graph.pass.Storage;
import org.espalier.prune.Layers;
import org.espalier.prune.Skipped;
import org.espalier.reference.OnnxRuntime;
import org.espalier.study.bench.Benchmark;
import org.espalier.study.bench.Settings;
import org.espalier.study.report.Progress;
import org.espalier.train.Epoch;
import org.espalier.train.Evaluation;
import org.espalier.train.Trained;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingProgress;
import org.espalier.train.TrainingRule;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Splits;

/**
 * A network trained into a file, with the account of it.
 *
 * @param accuracy of the written file on the test part, by ONNX Runtime, in percent; null for a
 *     language model or real targets
 * @param perplexity likewise, for a language model; null for others
 * @param sparsity the share of prunable weights that are zero in the written file
 * @param latency measured on this machine, ONNX Runtime on the file that went in; null where it
 *     wasn't asked for or can't be
 * @param dataHash SHA-256 of the training data
 */
public record Training(
    ModelSize before,
    ModelSize after,
    Double accuracy,
    Double perplexity,
    double sparsity,
    List<Epoch> epochs,
    Benchmark latency,
    List<Skipped> skipped,
    String dataHash,
    long seed,
    double seconds) {

  public Training {
    epochs = List.copyOf(epochs);
    skipped = List.copyOf(skipped);
  }

  /**
   * Trains {@code model} and writes it to {@code out}.
   *
   * @param storage how weights are stored; null leaves them as they come
   * @param measured how to measure latency before and after; null to leave it out
   */
  public static Training run(
      Model model,
      Path out,
      Splits data,
      TrainingOptions options,
      List<TrainingRule> rules,
      Storage storage,
      Settings measured,
      Progress progress)
      throws IOException {
    Outputs.check(out);
    long start = System.nanoTime();
    ModelSize before = ModelSize.of(model);
    Trained trained =
        new Trainer(model, options)
            .with(rules.toArray(TrainingRule[]::new))
            .train(data.train(), data.testing(), heard("train", progress));
    Model after =
        storage == null ? trained.model() : new SparseStorage(storage).apply(trained.model());
    Evaluation evaluation =
        data.testing().isPresent() ? evaluate(trained.model(), data.test()) : null;
    Onnx.write(after, out);
    double seconds = (System.nanoTime() - start) / 1e9;
    Layers layers = Layers.of(trained.model());
    return new Training(
        before,
        ModelSize.of(after),
        evaluation == null || isText(data) || Double.isNaN(evaluation.accuracy())
            ? null
            : evaluation.percent(),
        evaluation == null || !isText(data) ? null : evaluation.perplexity(),
        sparsity(layers),
        trained.epochs(),
        latency(trained.model(), model, measured, progress),
        layers.skipped(),
        trained.dataHash(),
        options.seed(),
        seconds);
  }

  /** The share of a dense training's multiply-accumulates that it took, pruned weights left out. */
  public double work() {
    return epochs.stream().mapToDouble(Epoch::work).average().orElse(1);
  }

  /** The share of prunable weights that are zero. */
  static double sparsity(Layers layers) {
    long nonzeros = layers.layers().stream().mapToLong(layer -> layer.tensor().nonzeros()).sum();
    return layers.size() == 0 ? 0 : 1 - (double) nonzeros / layers.size();
  }

  /** How a model does on a part of the data, by ONNX Runtime. */
  static Evaluation evaluate(Model model, Dataset data) {
    try (Executor executor = OnnxRuntime.of(model)) {
      return Evaluation.of(executor, model, data);
    }
  }

  /** Whether targets are the tokens that follow. */
  static boolean isText(Splits data) {
    Optional<Dataset> any = data.testing().or(data::training);
    return any.isPresent() && any.get().isText();
  }

  private static Benchmark latency(
      Model after, Model before, Settings measured, Progress progress) {
    if (measured == null) {
      return null;
    }
    progress.at("measure", 0, 1, "engine and ONNX Runtime");
    try {
      return Benchmark.of(after, before, measured);
    } catch (InvalidInputException notRunnable) {
      return null;
    } finally {
      progress.at("measure", 1, 1, "engine and ONNX Runtime");
    }
  }

  /** The trainer's moments as progress. */
  static TrainingProgress heard(String stage, Progress progress) {
    return new TrainingProgress() {
      private String last = "";

      @Override
      public void step(long step, long steps, int epoch, double loss) {
        progress.at(stage, step, steps, "epoch %d, loss %.3f%s".formatted(epoch + 1, loss, last));
      }

      @Override
      public void epoch(Epoch epoch) {
        last =
            epoch
                .validation()
                .map(
                    validation ->
                        Double.isNaN(validation.accuracy())
                            ? ", validation loss %.3f".formatted(validation.loss())
                            : ", validation %.2f%%".formatted(validation.percent()))
                .orElse("");
      }
    };
  }
}
