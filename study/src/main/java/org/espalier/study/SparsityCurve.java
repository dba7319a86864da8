package org.espalier.study;

import java.util.ArrayList;
import java.util.List;
import org.espalier.graph.Model;
import org.espalier.prune.Recipe;
import org.espalier.study.report.Progress;
import org.espalier.train.data.Dataset;

/** How accuracy falls as a trained network is pruned at once, without repair. */
final class SparsityCurve {
  private static final double[] SPARSITIES = {0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98};
  private static final List<String> METHODS = List.of("magnitude", "random");
  private static final int EXAMPLES = 2000;

  private SparsityCurve() {}

  /** One network: percent correct at a share of zeros. */
  record Point(String method, double sparsity, double accuracy) {}

  static List<Point> of(Model dense, Dataset test, long seed, Progress progress) {
    Dataset some = test.size() > EXAMPLES ? test.slice(0, EXAMPLES) : test;
    var points = new ArrayList<Point>();
    int all = METHODS.size() * SPARSITIES.length;
    for (String method : METHODS) {
      for (double sparsity : SPARSITIES) {
        progress.at("curve", points.size(), all, method);
        Model pruned = Recipe.named(method).seed(seed).sparsity(sparsity).apply(dense).model();
        points.add(new Point(method, sparsity, Training.evaluate(pruned, some).percent()));
      }
    }
    progress.at("curve", all, all, "");
    return points;
  }
}
