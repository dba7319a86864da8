package org.espalier.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.espalier.graph.AtomicFile;
import org.espalier.graph.InvalidInputException;
import org.espalier.study.bench.Performance;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures the whole table of {@code docs/performance.md}. */
@Command(
    name = "performance",
    description = {
      "Measures the tables of docs/performance.md: networks, sparsities, threads, batches, layers.",
      "Each cell is a process of its own; what is measured is kept, and a second call goes on."
    },
    footer = {
      "",
      "Examples:",
      "  espalier performance models",
      "  espalier performance models -o docs/performance.md",
      "  espalier performance models --only bert --seconds 1"
    })
final class PerformanceVerb extends Verb<Performance> {
  @Parameters(
      paramLabel = "FOLDER",
      description = "Holds resnet50.onnx, resnet50-90-4x1.onnx and so on.")
  Path folder;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "PAGE",
      description = "A page whose measured parts are replaced.")
  Path page;

  @Option(
      names = "--results",
      paramLabel = "DIR",
      description = "Where the result of each cell is kept; ${DEFAULT-VALUE} by default.")
  Path results = Path.of("target", "performance");

  @Option(
      names = "--threads",
      split = ",",
      paramLabel = "N",
      description = "With how many threads; 1,2 by default.")
  @Range(from = 1, to = Range.THREADS)
  List<Integer> threads = List.of(1, 2);

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      description = "How long each side of a cell is measured; ${DEFAULT-VALUE} by default.")
  @Range(above = 0, to = Range.DAY)
  double seconds = 4;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "In how many slices of that time they take turns; ${DEFAULT-VALUE} by default.")
  @Range(from = 1, to = 10_000)
  int rounds = 5;

  @Option(
      names = "--only",
      paramLabel = "TEXT",
      description = "Only cells whose name has this in it, such as bert-90 or threads1.")
  String only = "";

  @Override
  Performance call(Console console) throws IOException {
    if (page != null && !Files.isRegularFile(page)) {
      throw new InvalidInputException(page + ": no such file; its measured parts were to change");
    }
    var request = new Performance.Request(folder, results, threads, seconds, rounds, only);
    Performance measured = Performance.of(request, Child::run, console);
    if (page != null) {
      AtomicFile.write(page, measured.into(Files.readString(page)));
    }
    return measured;
  }

  @Override
  boolean holds(Performance measured) {
    return measured.failed().isEmpty();
  }

  @Override
  void print(Performance measured, PrintWriter out) {
    out.print(measured.tables());
    measured.failed().forEach(failure -> out.println("failed: " + failure));
  }
}
