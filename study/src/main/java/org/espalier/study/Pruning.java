package org.espalier.study;

import java.nio.file.Path;
import java.util.List;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.graph.pass.SparseStorage;
import org.espalier.graph.pass.Storage;
import org.espalier.prune.Certificate;
import org.espalier.prune.Outcome;
import org.espalier.prune.Recipe;
import org.espalier.prune.Skipped;
import org.espalier.study.bench.Benchmark;
import org.espalier.study.bench.Settings;
import org.espalier.study.report.Progress;

/**
 * A file pruned into another, with the account of it.
 *
 * @param latency measured on this machine, ONNX Runtime on the original; null where it wasn't asked
 *     for or the engine can't run the model
 * @param latencyNote why there is no latency; empty where there is
 */
public record Pruning(
    ModelSize before,
    ModelSize after,
    Reached budget,
    Benchmark latency,
    String latencyNote,
    List<Skipped> skipped,
    Certificate certificate,
    double seconds) {

  /** What was asked for, what came out, and why they differ where they do. */
  public record Reached(String asked, String reached, String note) {}

  public Pruning {
    skipped = List.copyOf(skipped);
  }

  /**
   * Prunes {@code in} into {@code out}; nothing is written where anything fails.
   *
   * @param storage how weights are stored; null leaves them as they come
   * @param measured how to measure latency before and after; null to leave it out
   */
  public static Pruning run(
      Path in, Path out, Recipe recipe, Storage storage, Settings measured, Progress progress) {
    Outputs.check(in, out);
    long start = System.nanoTime();
    Model model = Onnx.read(in);
    progress.at("prune", 0, 1, recipe.method().about().name());
    ModelSize before = Malformed.at(in, () -> ModelSize.of(model));
    Outcome outcome = Malformed.at(in, () -> recipe.apply(model));
    Model pruned =
        storage == null ? outcome.model() : new SparseStorage(storage).apply(outcome.model());
    ModelSize after = ModelSize.of(pruned);
    Onnx.write(pruned, out);
    double seconds = (System.nanoTime() - start) / 1e9;
    progress.at("prune", 1, 1, recipe.method().about().name());
    Benchmark latency = null;
    String note = "not measured, as asked";
    if (measured != null) {
      progress.at("measure", 0, 1, "engine and ONNX Runtime");
      try {
        latency = Benchmark.of(pruned, model, measured);
        note = "";
      } catch (InvalidInputException notRunnable) {
        note = notRunnable.getMessage();
      }
      progress.at("measure", 1, 1, "engine and ONNX Runtime");
    }
    Certificate certificate = outcome.certificate();
    return new Pruning(
        before,
        after,
        new Reached(certificate.asked(), certificate.reached(), certificate.note()),
        latency,
        note,
        certificate.skipped(),
        certificate,
        seconds);
  }
}
