package org.espalier.study;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.espalier.engine.Engine;
import org.espalier.engine.Options;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.inspect.Inspection;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.pass.SparseStorage;
import org.espalier.graph.pass.Storage;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Layers;
import org.espalier.reference.OnnxRuntime;
import org.espalier.reference.RandomInputs;
import org.espalier.study.bench.Stopwatch;
import org.espalier.study.bench.Timing;
import org.espalier.study.report.HtmlReport;
import org.espalier.study.report.Progress;
import org.espalier.train.GradualPruning;
import org.espalier.train.Trained;
import org.espalier.train.Trainer;
import org.espalier.train.TrainingOptions;
import org.espalier.train.data.Dataset;
import org.espalier.train.data.Datasets;
import org.espalier.train.data.Splits;

/**
 * The whole path on one network: train, prune to 90% gradually, fine-tune, write, verify, measure,
 * report.
 *
 * @param accuracy on the test part, percent, of the files as ONNX Runtime runs them
 * @param sparsity the share of prunable weights that are zero
 * @param latencyMs medians of one example, in turns, with equal threads
 * @param report the HTML page
 */
public record Quickstart(
    Pair accuracy,
    double sparsity,
    Pair bytes,
    Latency latencyMs,
    Path report,
    Path dense,
    Path pruned,
    int threads,
    Verification verification,
    @JsonIgnore List<SparsityCurve.Point> curve,
    @JsonIgnore Layers layers,
    @JsonIgnore Provenance provenance) {
  /** The share of weights that go. */
  public static final double SPARSITY = 0.9;

  static final String NETWORK = "lenet-5";

  /** Steps of each training, in whole epochs: one at least, and two to prune in. */
  private static final int STEPS = 1100;

  private static final int PRUNING_STEPS = 1300;

  /** A number before pruning and after. */
  public record Pair(double dense, double pruned) {}

  /** Medians in milliseconds. */
  public record Latency(Pair engine, Pair onnxruntime) {}

  /** What the numbers come from. */
  public record Provenance(String data, String dataHash, int examples, long seed, double seconds) {}

  /**
   * Runs it.
   *
   * @param source of the data: {@code embedded}, a folder or a file
   * @param folder where the two models and the report go; made where it isn't there
   * @param threads for all of it
   */
  public static Quickstart run(
      String source, Path folder, long seed, int threads, Progress progress) throws IOException {
    if (threads < 1) {
      throw new InvalidInputException(threads + " threads, expected 1 or more");
    }
    long start = System.nanoTime();
    Splits data = Datasets.open(source);
    createFolder(folder);
    Path denseFile = folder.resolve("dense.onnx");
    Path prunedFile = folder.resolve("sparse.onnx");
    Path report = folder.resolve("report.html");
    List.of(denseFile, prunedFile, report).forEach(Outputs::check);

    TrainingOptions training = options(data.train(), STEPS, 1, seed, threads);
    Trained dense =
        new Trainer(Zoo.build(NETWORK, seed), training)
            .train(data.train(), Optional.empty(), Training.heard("train", progress));
    Onnx.write(dense.model(), denseFile);
    TrainingOptions pruning = options(data.train(), PRUNING_STEPS, 2, seed, threads);
    Model gradually = pruned(dense.model(), data.train(), pruning, progress);
    Onnx.write(new SparseStorage(Storage.COMPRESSED).apply(gradually), prunedFile);

    // From here on, what counts is what a reader of the files gets.
    Model before = Onnx.read(denseFile);
    Model after = Onnx.read(prunedFile);
    progress.at("verify", 0, 1, "");
    Verification verification = Verification.of(before, after, 10, seed);
    progress.at("verify", 1, 1, "");
    Pair accuracy =
        new Pair(
            Training.evaluate(before, data.test()).percent(),
            Training.evaluate(after, data.test()).percent());
    List<SparsityCurve.Point> curve = SparsityCurve.of(before, data.test(), seed, progress);
    progress.at("measure", 0, 1, "engine and ONNX Runtime in turns");
    Latency latency = latency(before, after, threads);
    progress.at("measure", 1, 1, "engine and ONNX Runtime in turns");

    Layers layers = Layers.of(after);
    var result =
        new Quickstart(
            accuracy,
            Training.sparsity(layers),
            new Pair(Files.size(denseFile), Files.size(prunedFile)),
            latency,
            report,
            denseFile,
            prunedFile,
            threads,
            verification,
            curve,
            layers,
            new Provenance(
                data.source(),
                dense.dataHash(),
                data.train().size(),
                seed,
                (System.nanoTime() - start) / 1e9));
    HtmlReport.write(
        QuickstartReport.of(result, Inspection.of(before), Inspection.of(after)), report);
    return result;
  }

  private static Model pruned(
      Model dense, Dataset train, TrainingOptions options, Progress progress) throws IOException {
    return new Trainer(dense, options)
        .with(GradualPruning.magnitude(SPARSITY, Trainer.steps(train, options)))
        .train(train, Optional.empty(), Training.heard("prune and fine-tune", progress))
        .model();
  }

  private static void createFolder(Path folder) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new InvalidInputException(folder + ": is a file, expected a folder for the results");
    }
    Files.createDirectories(folder);
  }

  private static TrainingOptions options(
      Dataset train, int steps, int leastEpochs, long seed, int threads) {
    TrainingOptions one = TrainingOptions.usual(1).withSeed(seed).withThreads(threads);
    long epochs = Math.max(leastEpochs, Math.round((double) steps / Trainer.steps(train, one)));
    return TrainingOptions.usual((int) epochs).withSeed(seed).withThreads(threads);
  }

  private static Latency latency(Model dense, Model pruned, int threads) {
    var engine = Options.standard().withThreads(threads);
    OnnxRuntime.Options runtime = OnnxRuntime.Options.standard().withThreads(threads);
    try (Executor engineDense = Engine.compile(dense, engine);
        Executor enginePruned = Engine.compile(pruned, engine);
        Executor runtimeDense = OnnxRuntime.of(dense, runtime);
        Executor runtimePruned = OnnxRuntime.of(pruned, runtime)) {
      var inputs = RandomInputs.takenBy(runtimeDense, dense, 1, 1);
      List<Timing> timings =
          Stopwatch.time(
                  Stream.of(engineDense, enginePruned, runtimeDense, runtimePruned)
                      .map(executor -> new Stopwatch.Contender(executor, inputs))
                      .toList(),
                  new Stopwatch.Schedule(1.5, 1.5, 8, 1, 1))
              .stream()
              .map(Stopwatch.Watched::timing)
              .toList();
      return new Latency(
          new Pair(timings.get(0).medianMs(), timings.get(1).medianMs()),
          new Pair(timings.get(2).medianMs(), timings.get(3).medianMs()));
    }
  }

  /**
   * How many times as fast the pruned network is on the engine as the dense one on ONNX Runtime.
   */
  public double speedup() {
    return latencyMs.onnxruntime().dense() / latencyMs.engine().pruned();
  }

  /** What happened to the speed, in words: also where nothing was gained. */
  public String conclusion() {
    double speedup = speedup();
    if (speedup > 1.05) {
      return "The sparse network on our engine is %.1f times as fast as the dense one on ONNX Runtime."
          .formatted(speedup);
    }
    return speedup < 0.95
        ? "No gain in speed: the dense network on ONNX Runtime is %.1f times as fast as the sparse one on our engine."
            .formatted(1 / speedup)
        : "No difference in speed that this measurement can tell.";
  }
}
