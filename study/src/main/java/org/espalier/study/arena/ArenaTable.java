package org.espalier.study.arena;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A contest as rows of text: methods by budgets. */
public final class ArenaTable {
  private ArenaTable() {}

  static List<String> methods(Arena arena) {
    return arena.standings().stream().map(Standing::method).distinct().toList();
  }

  static List<String> budgets(Arena arena) {
    return arena.standings().stream().map(Standing::budget).distinct().toList();
  }

  /** A header, then a row for each method, the best at the highest budget first. */
  public static List<List<String>> rows(Arena arena) {
    List<String> budgets = budgets(arena);
    var header = new ArrayList<>(List.of("method"));
    header.addAll(budgets);
    header.add("seconds");
    var rows = new ArrayList<List<String>>();
    rows.add(header);
    for (String method : ranked(arena, budgets.getLast())) {
      var row = new ArrayList<>(List.of(method));
      double seconds = 0;
      int runs = 0;
      for (String budget : budgets) {
        Optional<Standing> standing = at(arena, method, budget);
        row.add(standing.map(there -> cell(there, arena.measure())).orElse("-"));
        if (standing.isPresent() && standing.get().runs() > 0) {
          seconds += standing.get().seconds() * standing.get().runs();
          runs += standing.get().runs();
        }
      }
      row.add(runs == 0 ? "-" : "%.2f".formatted(seconds / runs));
      rows.add(row);
    }
    return rows;
  }

  private static List<String> ranked(Arena arena, String budget) {
    int sign = arena.measure().better(1, 0) ? -1 : 1;
    return methods(arena).stream()
        .sorted(
            Comparator.comparingDouble(
                method ->
                    at(arena, method, budget)
                        .filter(standing -> standing.runs() > 0)
                        .map(standing -> sign * standing.mean())
                        .orElse(Double.POSITIVE_INFINITY)))
        .toList();
  }

  private static Optional<Standing> at(Arena arena, String method, String budget) {
    return arena.standings().stream()
        .filter(standing -> standing.method().equals(method) && standing.budget().equals(budget))
        .findFirst();
  }

  /** A mean with its spread, or why there is none. */
  static String cell(Standing standing, Measure measure) {
    if (standing.runs() == 0) {
      return "failed";
    }
    String mean = measure.written(standing.mean());
    return standing.runs() == 1 ? mean : mean + " ± " + measure.written(standing.spread());
  }

  /** What failed and why, with all seeds of which the same is said together. */
  public static List<String> failures(Arena arena) {
    Map<List<String>, List<Row>> alike =
        arena.rows().stream()
            .filter(row -> row.failed() && row.run())
            .collect(
                Collectors.groupingBy(
                    row -> List.of(row.method(), row.budget(), row.failure()),
                    LinkedHashMap::new,
                    Collectors.toList()));
    return alike.values().stream()
        .map(
            rows ->
                "%s at %s, %s %s: %s"
                    .formatted(
                        rows.getFirst().method(),
                        rows.getFirst().budget(),
                        rows.size() == 1 ? "seed" : "seeds",
                        rows.stream()
                            .map(row -> Long.toString(row.seed()))
                            .collect(Collectors.joining(", ")),
                        rows.getFirst().failure()))
        .toList();
  }

  /** Which methods lack results, and how many. */
  public static List<String> missing(Arena arena) {
    Map<String, List<Row>> byMethod =
        arena.rows().stream()
            .collect(Collectors.groupingBy(Row::method, LinkedHashMap::new, Collectors.toList()));
    var missing = new ArrayList<String>();
    byMethod.forEach(
        (method, rows) -> {
          long lacking = rows.stream().filter(row -> !row.run()).count();
          if (lacking > 0) {
            missing.add("%s (%d of %d)".formatted(method, lacking, rows.size()));
          }
        });
    return missing;
  }

  /** The best at a budget. */
  static Optional<Standing> best(Arena arena, String budget) {
    return arena.standings().stream()
        .filter(standing -> standing.budget().equals(budget) && standing.runs() > 0)
        .reduce((one, other) -> arena.measure().better(other.mean(), one.mean()) ? other : one);
  }

  /** Those that no other beats, from the largest. */
  public static List<Standing> front(Arena arena) {
    return arena.standings().stream()
        .filter(Standing::front)
        .sorted(Comparator.comparingDouble(Standing::density).reversed())
        .toList();
  }
}
