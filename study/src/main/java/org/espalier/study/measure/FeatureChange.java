package org.espalier.study.measure;

/**
 * Whether the same examples are near to and far from their class in two networks (Li et al., 2022):
 * the correlation of their features' lengths, cosines and margins.
 */
final class FeatureChange implements Measurement.OfTwo {
  @Override
  public String name() {
    return "feature-change";
  }

  @Override
  public String title() {
    return "whether the same examples lie near to and far from their class in both";
  }

  @Override
  public Findings of(Subject dense, Subject pruned) {
    Features before = Features.of(dense, name());
    Features after = Features.of(pruned, name());
    return Findings.NONE
        .and("normCorrelation", correlation(before.norms(), after.norms()))
        .and("cosineCorrelation", correlation(before.cosines(), after.cosines()))
        .and("marginCorrelation", correlation(before.margins(), after.margins()));
  }

  /** Pearson's; NaN where one of the two is constant. */
  static double correlation(double[] a, double[] b) {
    assert a.length == b.length : a.length + " and " + b.length;
    double meanA = Answers.mean(a);
    double meanB = Answers.mean(b);
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int k = 0; k < a.length; k++) {
      ab += (a[k] - meanA) * (b[k] - meanB);
      aa += (a[k] - meanA) * (a[k] - meanA);
      bb += (b[k] - meanB) * (b[k] - meanB);
    }
    return aa * bb == 0 ? Double.NaN : ab / Math.sqrt(aa * bb);
  }
}
