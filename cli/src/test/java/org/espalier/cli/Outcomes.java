package org.espalier.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** What trainings came to, seed by seed: the rows of the tables in {@code docs/training.md}. */
final class Outcomes {
  /** The arms that are compared; any other has no part in the difference. */
  static final String WITH = "with";

  static final String WITHOUT = "without";
  static final String DENSE = "dense";

  private record Row(String method, String what) {}

  private final Map<Row, Map<String, List<Double>>> found = new LinkedHashMap<>();

  static String arm(boolean with) {
    return with ? WITH : WITHOUT;
  }

  /** A number of one training; those of a row have the same seeds in the same order in each arm. */
  void add(String method, String arm, String what, double number) {
    found
        .computeIfAbsent(new Row(method, what), _ -> new LinkedHashMap<>())
        .computeIfAbsent(arm, _ -> new ArrayList<>())
        .add(number);
  }

  void print() {
    System.out.println("| method | measured | dense | without | with | with less without |");
    System.out.println("| --- | --- | ---: | ---: | ---: | ---: |");
    found.forEach(
        (row, arms) -> {
          List<Double> with = arms.get(WITH);
          List<Double> without = arms.get(WITHOUT);
          List<Double> gained =
              IntStream.range(0, with.size()).mapToObj(k -> with.get(k) - without.get(k)).toList();
          System.out.printf(
              Locale.ROOT,
              "| `%s` | %s | %s | %s | %s | %s |%n",
              row.method(),
              row.what(),
              written(arms.getOrDefault(DENSE, List.of())),
              written(without),
              written(with),
              written(gained));
        });
  }

  /** Mean and standard deviation. */
  private static String written(List<Double> numbers) {
    double mean = numbers.stream().mapToDouble(x -> x).average().orElse(Double.NaN);
    double squares = numbers.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum();
    return numbers.isEmpty()
        ? ""
        : String.format(
            Locale.ROOT, "%.2f ± %.2f", mean, Math.sqrt(squares / Math.max(1, numbers.size() - 1)));
  }
}
