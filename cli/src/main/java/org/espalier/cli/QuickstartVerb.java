package org.espalier.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.espalier.study.Quickstart;
import org.espalier.train.data.Datasets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The whole path, in a minute or so. */
@Command(
    name = "quickstart",
    description = {
      "Trains a network, prunes 90%% of its weights away, proves that the file works, times it"
          + " against ONNX Runtime, and writes a report.",
      "Needs no data and no network."
    },
    footer = {
      "",
      "Examples:",
      "  espalier quickstart",
      "  espalier quickstart --data mnist/ -o mnist-report",
      "",
      "Exit code 1 where the pruned file does not verify."
    })
final class QuickstartVerb extends Verb<Quickstart> {
  @Option(
      names = "--data",
      paramLabel = "DATA",
      description = "Images of 28x28 in any known format; 'embedded', the default, draws digits.")
  String data = Datasets.EMBEDDED;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FOLDER",
      description = "Where to write the two models and the report; ${DEFAULT-VALUE} by default.")
  Path folder = Path.of("espalier-quickstart");

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of all that is drawn; ${DEFAULT-VALUE} by default.")
  long seed = 1;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads to compute with; ${DEFAULT-VALUE} by default.")
  @Range(from = 1, to = Range.THREADS)
  int threads = Runtime.getRuntime().availableProcessors();

  @Override
  Quickstart call(Console console) throws IOException {
    return Quickstart.run(data, folder, seed, threads, console);
  }

  @Override
  boolean holds(Quickstart result) {
    return result.verification().equivalent();
  }

  @Override
  void print(Quickstart result, PrintWriter out) {
    Table table = new Table("LeNet-5 on " + data, "dense", "sparse");
    table.row("accuracy, %", two(result.accuracy().dense()), two(result.accuracy().pruned()));
    table.row("weights that are zero, %", "0.00", two(100 * result.sparsity()));
    table.row("file, kB", two(result.bytes().dense() / 1e3), two(result.bytes().pruned() / 1e3));
    row(table, "ONNX Runtime, ms", result.latencyMs().onnxruntime());
    row(table, "Espalier's engine, ms", result.latencyMs().engine());
    table.print(out);
    out.println();
    out.println(result.conclusion());
    out.printf(
        "Verified in ONNX Runtime: %s, largest relative difference %.1e over %d inputs.%n",
        result.verification().equivalent() ? "yes" : "NO, " + result.verification().reason(),
        result.verification().maxRelativeError(),
        result.verification().trials());
    out.printf("Report: %s%n", result.report().toAbsolutePath());
  }

  private static void row(Table table, String name, Quickstart.Pair pair) {
    table.row(name, Units.millis(pair.dense()), Units.millis(pair.pruned()));
  }

  private static String two(double value) {
    return "%.2f".formatted(value);
  }
}
