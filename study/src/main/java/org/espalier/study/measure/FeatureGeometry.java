package org.espalier.study.measure;

/**
 * Where a classifier's examples lie before its last layer (Li et al., 2022): how long their
 * features are, how near in direction to their own class's weights, by how much nearer than to any
 * other class's, and how far the classes' weights are apart.
 */
final class FeatureGeometry implements Measurement.OfOne {
  @Override
  public String name() {
    return "features";
  }

  @Override
  public String title() {
    return "lengths and angles of features before the last layer";
  }

  @Override
  public Findings of(Subject subject) {
    Features features = Features.of(subject, name());
    double[] margins = features.margins();
    int negative = 0;
    for (double margin : margins) {
      negative += margin < 0 ? 1 : 0;
    }
    return Findings.NONE
        .and("norm", Answers.mean(features.norms()))
        .and("cosine", Answers.mean(features.cosines()))
        .and("margin", Answers.mean(margins))
        .and("negativeMargins", 100.0 * negative / margins.length)
        .and("classCosine", between(features.classes()));
  }

  /** The mean cosine between the weights of two classes. */
  static double between(double[][] classes) {
    double sum = 0;
    int pairs = 0;
    for (int a = 0; a < classes.length; a++) {
      for (int b = 0; b < a; b++) {
        sum += Features.cosine(classes[a], classes[b]);
        pairs++;
      }
    }
    return pairs == 0 ? Double.NaN : sum / pairs;
  }
}
