package org.espalier.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.Shape;
import org.espalier.graph.onnx.Onnx;
import org.espalier.study.bench.Against;
import org.espalier.study.bench.Benchmark;
import org.espalier.study.bench.Flops;
import org.espalier.study.bench.Scenario;
import org.espalier.study.bench.Settings;
import org.espalier.study.bench.Timing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Times a model on our engine and on ONNX Runtime. */
@Command(
    name = "bench",
    description = {
      "Times a model on our engine and on ONNX Runtime, in turns, with equal threads.",
      "ONNX Runtime keeps its defaults: all optimisations, and threads that spin while they wait."
    },
    footer = {
      "",
      "Examples:",
      "  espalier bench sparse.onnx --dense dense.onnx --threads 1",
      "  espalier bench sparse.onnx --dense dense.onnx --layers",
      "  espalier bench model.onnx --batch 16 --seconds 5 --json",
      "  espalier bench model.onnx --scenario streams --streams 4 --against none",
      "  espalier bench model.onnx --shapes ids=1x128,mask=1x128"
    })
final class BenchVerb extends Verb<Benchmark> {
  @Parameters(paramLabel = "MODEL", description = "An ONNX file.")
  Path model;

  @Option(
      names = "--dense",
      paramLabel = "ORIGINAL",
      description = "Give ONNX Runtime this file: the network as it was before pruning.")
  Path dense;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads for the engine and for ONNX Runtime; ${DEFAULT-VALUE} by default.")
  @Range(from = 1, to = Range.THREADS)
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--batch",
      paramLabel = "B",
      description = "Examples in a run, also where the file fixes another number; 1 by default.")
  @Range(from = 1, to = Integer.MAX_VALUE)
  Long batch;

  @Mixin ShapeArguments shapes;

  @Option(
      names = "--scenario",
      paramLabel = "NAME",
      description =
          "latency: one caller at a time, all threads. throughput: a caller for each thread, one"
              + " thread a run. streams: several callers share one session. "
              + "${DEFAULT-VALUE} by default.")
  Scenario scenario = Scenario.LATENCY;

  @Option(
      names = "--streams",
      paramLabel = "K",
      description =
          "Callers at the same time, for --scenario streams; ${DEFAULT-VALUE} by default.")
  @Range(from = 1, to = Range.THREADS)
  int streams = 4;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      description = "How long each runs before it counts; ${DEFAULT-VALUE} by default.")
  @Range(from = 0, to = Range.DAY)
  double warmUp = 1.5;

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      description = "How long each is measured after that; ${DEFAULT-VALUE} by default.")
  @Range(above = 0, to = Range.DAY)
  double seconds = 3;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "In how many slices of that time they take turns; ${DEFAULT-VALUE} by default.")
  @Range(from = 1, to = 10_000)
  int rounds = 5;

  @Option(
      names = "--against",
      paramLabel = "NAME",
      description =
          "onnxruntime: on ORIGINAL and on MODEL. dense: on ORIGINAL only. none: the engine alone."
              + " ${DEFAULT-VALUE} by default.")
  Against against = Against.ONNXRUNTIME;

  @Option(names = "--layers", description = "Show where the time goes, layer by layer.")
  boolean layers;

  @Option(
      names = "--plan-cache",
      description =
          "Keep what the engine measures to choose kernels beside MODEL, and use what is there.")
  boolean planCache;

  @Override
  Benchmark call(Console console) {
    refuseWithout(scenario == Scenario.STREAMS, "--scenario streams", "--streams");
    Settings settings = settings();
    Model read = Onnx.read(model);
    Model original = dense == null ? read : Onnx.read(dense);
    return Malformed.at(model, () -> Benchmark.of(read, original, settings));
  }

  private Settings settings() {
    Map<String, Shape> given = shapes.shapes();
    long first = given.values().stream().mapToLong(s -> s.dim(0).sizeOr(1)).findFirst().orElse(1);
    if (first < 1) {
      throw new InvalidInputException(
          "--shapes start with %d, expected 1 or more".formatted(first));
    }
    if (batch != null && !given.isEmpty() && batch != first) {
      throw new InvalidInputException(
          "--batch %d, but the shapes start with %d".formatted(batch, first));
    }
    return new Settings(
        threads,
        batch == null ? first : batch,
        given,
        scenario,
        streams,
        warmUp,
        seconds,
        rounds,
        against,
        layers,
        planCache ? Optional.of(model) : Optional.empty());
  }

  @Override
  void print(Benchmark result, PrintWriter out) {
    Table table =
        new Table(
            "ms", "median", "90%", "95%", "99%", "mean", "min", "spread", "items/s", "GFLOP/s");
    Flops ours = result.gflops();
    row(table, "engine", Optional.of(result.engine()), "%.1f".formatted(ours.effective()));
    String theirs =
        result.onnxruntimeGflops().map(f -> "%.1f".formatted(f.effective())).orElse("-");
    row(table, "ONNX Runtime" + (dense == null ? "" : ", dense"), result.onnxruntime(), theirs);
    row(table, "ONNX Runtime, this file", result.onnxruntimeSparse(), "-");
    table.print(out);
    out.printf(
        "GFLOP/s as if dense; the engine's useful ones, zeros left out: %.1f%n", ours.useful());
    out.printf(
        "compiled in %.2f s%s; %s, batch %d, %s%n",
        result.compileSeconds().engine(),
        result
            .compileSeconds()
            .onnxruntime()
            .map(s -> ", ONNX Runtime in %.2f s".formatted(s))
            .orElse(""),
        Units.threads(result.conditions().threads()),
        result.conditions().batch(),
        result.conditions().streams() == 1
            ? "one caller"
            : result.conditions().streams() + " callers");
    result.layers().ifPresent(times -> LayerTable.print(times, out));
    result
        .ratios()
        .ifPresent(
            r ->
                out.printf(
                    "ratio by round: median %.2f, from %.2f to %.2f%n",
                    r.median(), r.least(), r.most()));
    out.println(
        result.conclusion()
            + result
                .maxRelativeError()
                .map(e -> " (outputs agree within %.1e)".formatted(e))
                .orElse(""));
  }

  private static void row(Table table, String name, Optional<Timing> measured, String flops) {
    measured.ifPresent(
        t ->
            table.row(
                name,
                Units.millis(t.medianMs()),
                Units.millis(t.p90Ms()),
                Units.millis(t.p95Ms()),
                Units.millis(t.p99Ms()),
                Units.millis(t.meanMs()),
                Units.millis(t.minMs()),
                Units.percent(t.spread()),
                "%.1f".formatted(t.itemsPerSecond()),
                flops));
  }
}
