package org.espalier.study.arena;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.study.report.Report;
import org.espalier.study.report.Report.Alternative;

/** The part of the page that shows where in the network each method prunes. */
final class LayerSparsity {
  private LayerSparsity() {}

  /** The part; none where no row has it. */
  static Optional<Report.Part> of(Arena arena) {
    List<String> layers =
        arena.rows().stream()
            .map(row -> row.sparsity().keySet())
            .filter(names -> !names.isEmpty())
            .findFirst()
            .map(List::copyOf)
            .orElse(List.of());
    if (layers.isEmpty()) {
      return Optional.empty();
    }
    var alternatives = new ArrayList<Alternative>();
    for (String budget : ArenaTable.budgets(arena).reversed()) {
      Map<String, double[]> rows = means(arena, budget, layers);
      if (!rows.isEmpty()) {
        alternatives.add(new Alternative("", budget, List.of(new Report.Heat(layers, rows, ""))));
      }
    }
    return Optional.of(
        new Report.Choice(
            "Sparsity of each layer",
            alternatives,
            "Percent of a layer's weights that are zero or gone, from the input to the output;"
                + " means over the seeds."));
  }

  private static Map<String, double[]> means(Arena arena, String budget, List<String> layers) {
    var means = new LinkedHashMap<String, double[]>();
    for (String method : ArenaTable.methods(arena)) {
      List<Map<String, Double>> runs =
          arena.rows().stream()
              .filter(row -> row.method().equals(method) && row.budget().equals(budget))
              .map(Row::sparsity)
              .filter(sparsity -> !sparsity.isEmpty())
              .toList();
      if (!runs.isEmpty()) {
        double[] mean = new double[layers.size()];
        Arrays.setAll(mean, k -> mean(runs, layers.get(k)));
        means.put(method, mean);
      }
    }
    return means;
  }

  private static double mean(List<Map<String, Double>> runs, String layer) {
    return runs.stream()
        .mapToDouble(run -> run.getOrDefault(layer, Double.NaN))
        .average()
        .orElse(Double.NaN);
  }
}
