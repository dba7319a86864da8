package org.espalier.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.espalier.graph.InvalidInputException;
import org.espalier.study.Outputs;
import org.espalier.study.arena.Arena;
import org.espalier.study.arena.ArenaPage;
import org.espalier.study.arena.ArenaTable;
import org.espalier.study.arena.Budgets;
import org.espalier.study.arena.Contest;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The arena: methods x budgets x seeds. */
@Command(
    name = "compare",
    description = {
      "Compares methods on one network and its data, at several budgets, with several draws of"
          + " calibration data.",
      "",
      "Random pruning is always among them. What was run already is taken"
          + " from the results beside the report: an interrupted comparison goes on where it was,"
          + " and one with more methods or budgets runs only those."
    },
    footer = {
      "",
      "Examples:",
      "  espalier compare net.onnx --data mnist/",
      "  espalier compare net.onnx --data mnist/ --methods wanda,sparsegpt \\",
      "      --budgets sparsity=0.5,0.7,0.9 --seeds 5 -o report.html",
      "  espalier compare net.onnx --data mnist/ --baseline smaller-dense",
      "  espalier compare gpt.onnx --data text.txt --pattern 2:4 \\",
      "      --allocation uniform --test 60",
      "  espalier compare net.onnx --data mnist/ --pattern structured \\",
      "      --budgets macs=0.8x,0.5x"
    })
final class CompareVerb extends Verb<Arena> {
  @Spec private CommandSpec command;

  @Parameters(paramLabel = "MODEL", description = "An ONNX file, trained.")
  Path model;

  @Option(
      names = "--methods",
      split = ",",
      paramLabel = "NAME",
      description = "Which methods; all that can prune in the pattern by default.")
  List<String> methods = List.of("all");

  @Option(
      names = "--budgets",
      paramLabel = "KEY=VALUE,...",
      description =
          "As those of 'espalier prune'; a value without a key has the key before it."
              + " sparsity=0.5,0.7,0.8,0.9,0.95 by default.")
  String budgets;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description =
          "Run each method with N seeds: other calibration examples, other chance;"
              + " ${DEFAULT-VALUE} by default.")
  @Range(from = 1)
  int seeds = 3;

  @Option(
      names = "--pattern",
      paramLabel = "PATTERN",
      description =
          "unstructured, N:M such as 2:4, RxC such as 4x1, or structured: whole channels."
              + " ${DEFAULT-VALUE} by default.")
  String pattern = "unstructured";

  @Mixin LayerArguments layers;

  @Option(
      names = "--test",
      paramLabel = "N",
      description =
          "Judge on N examples of the test part, evenly spaced, or the first N windows of a text;"
              + " on all by default.")
  @Range(from = 1)
  int tested;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "REPORT",
      description =
          "The HTML report; results lie beside it as .jsonl. ${DEFAULT-VALUE} by default.")
  Path report = Path.of("espalier-compare.html");

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description =
          "Also write the table into a page of Markdown, as a section that names this command;"
              + " what else the page has stays.")
  Path markdown;

  @Option(
      names = "--baseline",
      paramLabel = "NAME",
      description =
          "A baseline beside random pruning: smaller-dense, a dense network with as many parameters"
              + " as the pruned ones have left, trained from nothing.")
  String baseline;

  @Option(
      names = "--baseline-epochs",
      paramLabel = "N",
      description =
          "How many epochs the baseline is trained each time; ${DEFAULT-VALUE} by default.")
  @Range(from = 1)
  int baselineEpochs = 5;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description =
          "So many prunings side by side, which share the cores; by default as many as cores and"
              + " memory (-Xmx) allow.")
  @Range(from = 1, to = Range.THREADS)
  int parallel;

  @Option(
      names = "--collect",
      description = "Run nothing: report what there is, and say what is missing.")
  boolean collect;

  @Option(names = "--fresh", description = "Forget earlier results and run everything.")
  boolean fresh;

  @ArgGroup(validate = false, heading = DataArguments.HEADING)
  DataArguments data = new DataArguments();

  @ArgGroup(validate = false, heading = CalibrationArguments.HEADING)
  CalibrationArguments calibration = new CalibrationArguments();

  @Override
  Arena call(Console console) throws IOException {
    refuseWithout(baseline != null, "--baseline smaller-dense", "--baseline-epochs");
    if (markdown != null) {
      Outputs.check(model, markdown);
    }
    Contest contest =
        Contest.of(methods, budgets == null ? null : Budgets.parse(budgets), seeds, pattern)
            .keepDense(layers.dense)
            .observedOn(calibration.samples, calibration.batch)
            .judgedOn(tested);
    if (baseline != null) {
      if (!baseline.equals("smaller-dense")) {
        throw new InvalidInputException(
            "no baseline '%s'; beside random pruning there is smaller-dense".formatted(baseline));
      }
      contest = contest.withSmallerDense(baselineEpochs);
    }
    if (layers.allocation() != null) {
      contest = contest.withAllocation(layers.allocation());
    }
    Arena arena =
        Arena.run(
            model,
            data.open(),
            contest,
            report,
            new Arena.Options(fresh, collect, parallel, Version.product(), console));
    if (markdown != null) {
      ArenaPage.write(arena, written(), markdown);
    }
    return arena;
  }

  /** The command that gives the page, all run at once. */
  private String written() {
    return "espalier "
        + command.root().commandLine().getParseResult().originalArgs().stream()
            .filter(word -> !word.equals("--collect"))
            .map(word -> word.matches("[\\w@%+=:,./-]+") ? word : "'" + word + "'")
            .collect(Collectors.joining(" "));
  }

  @Override
  void print(Arena arena, PrintWriter out) {
    List<List<String>> rows = ArenaTable.rows(arena);
    Table table = new Table(rows.getFirst().toArray(String[]::new));
    rows.stream().skip(1).forEach(row -> table.row(row.toArray(String[]::new)));
    table.print(out);
    out.println();
    out.printf(
        "%s: mean and spread over %d seeds; the dense network has %s.%n",
        arena.measure().label(), seeds, arena.measure().written(arena.dense().score()));
    out.printf(
        "Pareto front: %s%n",
        ArenaTable.front(arena).stream()
            .map(standing -> standing.method() + " " + standing.budget())
            .collect(Collectors.joining(", ")));
    ArenaTable.failures(arena).forEach(failure -> out.println("failed: " + failure));
    List<String> missing = ArenaTable.missing(arena);
    if (!missing.isEmpty()) {
      out.printf("Not run yet: %s%n", String.join(", ", missing));
    }
    if (arena.reused() > 0) {
      out.printf(
          "%d of %d results are from an earlier run (%s).%n",
          arena.reused(), arena.rows().size(), arena.results());
    }
    out.printf("Report: %s%n", arena.report().toAbsolutePath());
  }
}
