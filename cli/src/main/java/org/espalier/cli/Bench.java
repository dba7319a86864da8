package org.espalier.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.study.Benchmark;
import org.espalier.study.Timing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Times a model on our engine and on ONNX Runtime. */
@Command(
    name = "bench",
    description = "Times a model on our engine and on ONNX Runtime, in turns, with equal threads.",
    footer = {
      "",
      "Examples:",
      "  espalier bench sparse.onnx --dense dense.onnx --threads 1",
      "  espalier bench model.onnx --batch 16 --seconds 5 --json"
    })
final class Bench extends Verb<Benchmark> {
  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  Path model;

  @Option(
      names = "--dense",
      paramLabel = "ORIGINAL",
      description = "Give ONNX Runtime this file: the network as it was before pruning.")
  Path dense;

  @Option(names = "--threads", description = "For both; ${DEFAULT-VALUE} by default.")
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(names = "--batch", description = "Examples in a run; ${DEFAULT-VALUE} by default.")
  long batch = 1;

  @Option(
      names = "--seconds",
      description = "Of measurement for each, after the warm-up; ${DEFAULT-VALUE} by default.")
  double seconds = 3;

  @Override
  Benchmark call(Console console) {
    Model read = Onnx.read(model);
    Model original = dense == null ? read : Onnx.read(dense);
    var options = new Benchmark.Options(threads, batch, seconds);
    return Malformed.at(model, () -> Benchmark.of(read, original, options));
  }

  @Override
  void print(Benchmark result, PrintWriter out) {
    Table table = new Table("", "median ms", "95% ms", "fastest ms", "runs");
    row(table, "engine", result.engine());
    row(table, "ONNX Runtime" + (dense == null ? "" : ", dense"), result.onnxruntime());
    table.print(out);
    out.printf(
        "%s (%d threads, batch %d; outputs agree within %.1e)%n",
        result.conclusion(), result.threads(), result.batch(), result.maxRelativeError());
  }

  private static void row(Table table, String name, Timing timing) {
    table.row(
        name,
        Units.millis(timing.medianMs()),
        Units.millis(timing.p95Ms()),
        Units.millis(timing.minMs()),
        Integer.toString(timing.runs()));
  }
}
