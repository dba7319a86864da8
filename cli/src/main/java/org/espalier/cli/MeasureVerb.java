package org.espalier.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Malformed;
import org.espalier.graph.Model;
import org.espalier.graph.onnx.Onnx;
import org.espalier.study.measure.Findings;
import org.espalier.study.measure.Measurement;
import org.espalier.study.measure.Measurements;
import org.espalier.study.measure.Measurements.Found;
import org.espalier.study.measure.Settings;
import org.espalier.train.data.Splits;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures more of a network than its accuracy. */
@Command(
    name = "measure",
    description = {
      "Measures what pruning changes beside accuracy.",
      "",
      "Calibration, classes that lose more than others, sharpness of the minimum, robustness, what"
          + " is remembered of the training data. With a second network, both are measured, and"
          + " compared.",
      "'espalier measure --list' names all measurements."
    },
    footer = {
      "",
      "Examples:",
      "  espalier measure net.onnx --data mnist/",
      "  espalier measure net.onnx sparse.onnx --data mnist/ \\",
      "      --what calibration,agreement",
      "  espalier measure net.onnx sparse.onnx --data mnist/ --samples 5000 --json"
    })
final class MeasureVerb extends Verb<MeasureVerb.Result> {
  private static final int ROWS = 12;

  /**
   * What was found.
   *
   * @param available all that can be measured, where the list was asked for
   */
  record Result(
      List<Found> findings,
      List<Measurements.Skipped> skipped,
      String data,
      List<Available> available) {}

  /** A measurement. */
  record Available(String name, String title, boolean two) {}

  @Parameters(paramLabel = "MODEL", arity = "0..1", description = "An ONNX file.")
  Path model;

  @Parameters(
      paramLabel = "PRUNED",
      index = "1",
      arity = "0..1",
      description = "What was made of it, or another network for the same data.")
  Path pruned;

  @ArgGroup(validate = false, heading = DataArguments.HEADING)
  DataArguments data = new DataArguments();

  @Option(
      names = "--what",
      split = ",",
      paramLabel = "NAME",
      description =
          "Which measurements, by the names that --list gives; all that the networks and the data"
              + " allow by default.")
  List<String> what = List.of("all");

  @Option(
      names = "--samples",
      paramLabel = "N",
      description =
          "Look at so many examples of the training part and of the test part;"
              + " ${DEFAULT-VALUE} by default.")
  @Range(from = 1)
  int samples = Settings.USUAL.samples();

  @Option(
      names = "--batch",
      paramLabel = "B",
      description = "Run so many examples at a time; ${DEFAULT-VALUE} by default.")
  @Range(from = 1)
  int batch = Settings.USUAL.batch();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of all that is drawn; ${DEFAULT-VALUE} by default.")
  long seed;

  @Option(
      names = "--list",
      description = "List all measurements and measure nothing; takes no MODEL.")
  boolean list;

  @Override
  Result call(Console console) throws IOException {
    List<Measurement> wanted = Measurements.named(what);
    if (list) {
      return new Result(
          List.of(), List.of(), null, wanted.stream().map(MeasureVerb::about).toList());
    }
    if (model == null) {
      throw new InvalidInputException("missing MODEL: an ONNX file to measure");
    }
    Model dense = Onnx.read(model);
    Optional<Model> other = pruned == null ? Optional.empty() : Optional.of(Onnx.read(pruned));
    Splits splits = data.open();
    var settings = new Settings(samples, batch, seed, console);
    Measurements measured =
        Malformed.at(
            pruned == null ? model : model + " and " + pruned,
            () -> Measurements.of(what, dense, other, splits, settings));
    return new Result(measured.findings(), measured.skipped(), splits.source(), List.of());
  }

  private static Available about(Measurement measurement) {
    return new Available(
        measurement.name(), measurement.title(), measurement instanceof Measurement.OfTwo);
  }

  @Override
  void print(Result result, PrintWriter out) {
    if (list) {
      var table = new Table("measurement", "networks", "what it tells");
      result
          .available()
          .forEach(each -> table.row(each.name(), each.two() ? "2" : "1", each.title()));
      table.print(out);
      return;
    }
    result.findings().stream()
        .map(Found::name)
        .distinct()
        .forEach(
            name ->
                print(
                    result.findings().stream().filter(found -> found.name().equals(name)).toList(),
                    out));
    result.skipped().forEach(one -> out.printf("skipped %s: %s%n", one.name(), one.reason()));
  }

  /** One measurement: a column for each network. */
  private static void print(List<Found> found, PrintWriter out) {
    var header = new ArrayList<>(List.of(found.getFirst().name()));
    found.forEach(one -> header.add(one.of().name().toLowerCase(Locale.ROOT)));
    var table = new Table(header.toArray(String[]::new));
    for (String number : found.getFirst().findings().numbers().keySet()) {
      table.row(
          Stream.concat(
                  Stream.of("  " + number),
                  found.stream().map(one -> written(one.findings().number(number))))
              .toArray(String[]::new));
    }
    table.print(out);
    for (Found one : found) {
      String of = found.size() == 1 ? "" : ", " + one.of().name().toLowerCase(Locale.ROOT);
      one.findings().tables().stream()
          .filter(each -> !each.rows().isEmpty())
          .forEach(each -> print(each, of, out));
    }
    found.stream()
        .map(one -> one.findings().note())
        .filter(note -> !note.isEmpty())
        .distinct()
        .forEach(note -> out.println("  " + note));
    out.println();
  }

  private static void print(Findings.Table rows, String of, PrintWriter out) {
    out.println("  " + rows.name() + of);
    var header = new ArrayList<>(rows.columns());
    header.set(0, "    " + header.getFirst());
    var table = new Table(header.toArray(String[]::new));
    rows.rows().stream()
        .limit(ROWS)
        .forEach(
            row -> {
              String[] cells = row.stream().map(MeasureVerb::written).toArray(String[]::new);
              cells[0] = "    " + cells[0];
              table.row(cells);
            });
    table.print(out);
    if (rows.rows().size() > ROWS) {
      out.printf("    and %d more; --json has them all%n", rows.rows().size() - ROWS);
    }
  }

  private static String written(Object cell) {
    return switch (cell) {
      case Double number when number.isNaN() -> "-";
      case Double number when number == Math.rint(number) && Math.abs(number) < 1e9 ->
          Long.toString(number.longValue());
      case Double number when Math.abs(number) < 0.01 || Math.abs(number) >= 1e5 ->
          "%.3g".formatted(number);
      case Double number -> "%.3f".formatted(number);
      default -> cell.toString();
    };
  }
}
