package org.espalier.study.arena;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.espalier.reference.OnnxRuntime;
import org.espalier.study.report.Report;
import org.espalier.study.report.Report.Chart;
import org.espalier.study.report.Report.Series;

/** A contest as a page for people. */
final class ArenaReport {
  private ArenaReport() {}

  static Report of(Arena arena, Judge judge) {
    var parts = new ArrayList<Report.Part>();
    parts.add(figures(arena));
    parts.add(scores(arena));
    parts.add(table(arena));
    parts.add(front(arena));
    LayerSparsity.of(arena).ifPresent(parts::add);
    ChangedSamples.of(arena, judge).ifPresent(parts::add);
    parts.add(seconds(arena));
    failures(arena).ifPresent(parts::add);
    if (!ArenaTable.missing(arena).isEmpty()) {
      parts.add(new Report.Text("Not run yet", String.join(", ", ArenaTable.missing(arena))));
    }
    return new Report(
        "Methods compared on " + arena.provenance().model().getFileName(),
        "%d methods at %d budgets with %d seeds, judged on %,d examples."
            .formatted(
                ArenaTable.methods(arena).size(),
                ArenaTable.budgets(arena).size(),
                seeds(arena),
                arena.provenance().tested()),
        parts,
        provenance(arena));
  }

  private static int seeds(Arena arena) {
    return arena.provenance().contest().seeds();
  }

  private static Report.Figures figures(Arena arena) {
    var figures = new ArrayList<Report.Figure>();
    figures.add(
        new Report.Figure(
            arena.measure().label(), arena.measure().written(arena.dense().score()), "dense"));
    for (String budget : ArenaTable.budgets(arena)) {
      ArenaTable.best(arena, budget)
          .ifPresent(
              best ->
                  figures.add(
                      new Report.Figure(
                          budget, arena.measure().written(best.mean()), "best: " + best.method())));
    }
    return new Report.Figures(figures);
  }

  private static Chart scores(Arena arena) {
    List<Series> series = series(arena, one -> new double[] {gone(one), one.mean(), one.spread()});
    List<double[]> front =
        ArenaTable.front(arena).stream().map(one -> new double[] {gone(one), one.mean()}).toList();
    series.add(new Series("Pareto front", front, true));
    return chart(
        "What is left",
        arena.measure().label(),
        series,
        "Means over %d seeds. Click a name to hide it, point at one to see it alone."
            .formatted(seeds(arena)));
  }

  private static Chart seconds(Arena arena) {
    return chart(
        "What it takes",
        "seconds",
        series(arena, one -> new double[] {gone(one), one.seconds()}),
        "Of the pruning alone: what methods need to know was observed once, for all.");
  }

  private static double gone(Standing standing) {
    return 100 * (1 - standing.density());
  }

  private static Chart chart(String heading, String y, List<Series> series, String note) {
    String x = "parameters that are zero or gone, %";
    return new Chart(heading, Chart.Kind.LINE, x, y, List.of(), series, note);
  }

  /** A line for each method, from the largest network to the smallest. */
  private static List<Series> series(Arena arena, Function<Standing, double[]> point) {
    var series = new ArrayList<Series>();
    for (String method : ArenaTable.methods(arena)) {
      List<double[]> points =
          arena.standings().stream()
              .filter(standing -> standing.method().equals(method) && standing.runs() > 0)
              .map(point)
              .filter(here -> Double.isFinite(here[1]))
              .sorted(Comparator.comparingDouble(here -> here[0]))
              .toList();
      if (!points.isEmpty()) {
        series.add(new Series(method, points));
      }
    }
    return series;
  }

  private static Report.Table table(Arena arena) {
    List<List<String>> rows = ArenaTable.rows(arena);
    return new Report.Table(
        arena.measure().label(),
        rows.getFirst(),
        rows.subList(1, rows.size()),
        "Mean and standard deviation over the seeds. The dense network has %s."
            .formatted(arena.measure().written(arena.dense().score())));
  }

  private static Report.Table front(Arena arena) {
    return new Report.Table(
        "Pareto front",
        List.of("method", "budget", arena.measure().label(), "parameters left, %", "seconds"),
        ArenaTable.front(arena).stream()
            .map(
                standing ->
                    List.of(
                        standing.method(),
                        standing.budget(),
                        ArenaTable.cell(standing, arena.measure()),
                        "%.2f".formatted(100 * standing.density()),
                        "%.2f".formatted(standing.seconds())))
            .toList(),
        "None of the others is as small and better, or as good and smaller.");
  }

  private static Optional<Report.Part> failures(Arena arena) {
    List<String> failures = ArenaTable.failures(arena);
    return failures.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Report.Table(
                "Failed",
                List.of("what, and why"),
                failures.stream().map(List::of).toList(),
                "Tried again when the same command is given again."));
  }

  private static Map<String, String> provenance(Arena arena) {
    var facts = new LinkedHashMap<String, String>();
    Contest contest = arena.provenance().contest();
    facts.put("model", arena.provenance().model().toString());
    facts.put(
        "data",
        "%s, sha256 of the training part %s, of the test part %s"
            .formatted(
                arena.provenance().data(),
                arena.provenance().trainHash(),
                arena.provenance().testHash()));
    facts.put(
        "observed on",
        "%d examples, drawn anew for each of the seeds 0 to %d"
            .formatted(contest.samples(), contest.seeds() - 1));
    facts.put("pattern", contest.pattern().toString());
    facts.put(
        "allocation",
        contest.allocation() == null ? "each method's own" : contest.allocation().name());
    facts.put("results", arena.results().toString());
    facts.put(
        "machine",
        "%s %s, Java %s, ONNX Runtime %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.version(),
                OnnxRuntime.version()));
    return facts;
  }
}
