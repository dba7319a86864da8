package org.espalier.study.measure;

import java.util.List;

/**
 * Which classes pay for the pruning: by how much more a class's accuracy fell than the whole's, its
 * excess gap {@code (A0_g - A_g) - (A0 - A)} (Hashemizadeh et al., 2024). Weighted by the classes'
 * sizes the gaps add up to nothing.
 */
final class DisparateImpact implements Measurement.OfTwo {
  @Override
  public String name() {
    return "disparate-impact";
  }

  @Override
  public String title() {
    return "which classes lost more accuracy than the average";
  }

  @Override
  public Findings of(Subject dense, Subject pruned) {
    int classes = dense.testing().classes(name());
    Answers before = dense.answers(dense.testing());
    Answers after = pruned.answers(pruned.testing());
    List<String> names = dense.testing().data().classNames();
    double[] denseAccuracy = ClassAccuracy.percent(before, classes);
    double[] prunedAccuracy = ClassAccuracy.percent(after, classes);
    double change = after.accuracy() - before.accuracy();
    double[] gaps = gaps(denseAccuracy, prunedAccuracy, -change);
    var table = new Findings.Table("classes", "class", "dense", "pruned", "excess gap");
    double largest = Double.NEGATIVE_INFINITY;
    String hit = "";
    for (int c = 0; c < classes; c++) {
      if (!Double.isNaN(gaps[c])) {
        table = table.row(names.get(c), denseAccuracy[c], prunedAccuracy[c], gaps[c]);
        if (gaps[c] > largest) {
          largest = gaps[c];
          hit = names.get(c);
        }
      }
    }
    return Findings.NONE
        .and("accuracyChange", change)
        .and("largestExcessGap", largest)
        .and(table)
        .noted("class '%s' lost %.2f points more than the average".formatted(hit, largest));
  }

  /** The excess gaps, in the accuracies' unit. */
  static double[] gaps(double[] dense, double[] pruned, double loss) {
    double[] gaps = new double[dense.length];
    for (int c = 0; c < gaps.length; c++) {
      gaps[c] = dense[c] - pruned[c] - loss;
    }
    return gaps;
  }
}
