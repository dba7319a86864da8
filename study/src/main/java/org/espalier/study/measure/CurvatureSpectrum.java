package org.espalier.study.measure;

/**
 * The largest eigenvalues of the loss's Hessian over the kept weights, the sharpness of the
 * minimum, and the smallest, by twenty steps of Lanczos.
 */
final class CurvatureSpectrum implements Measurement.OfOne {
  private static final int STEPS = 20;
  private static final int SHOWN = 5;

  @Override
  public String name() {
    return "hessian-eigenvalues";
  }

  @Override
  public String title() {
    return "how sharp the minimum is: the loss's largest curvatures over the kept weights";
  }

  @Override
  public Findings of(Subject subject) {
    Curvature curvature = Curvature.of(subject, this, STEPS);
    double[] values =
        Lanczos.eigenvalues(curvature, curvature.size(), STEPS, subject.settings().seed());
    var table = new Findings.Table("eigenvalues", "rank", "eigenvalue");
    for (int rank = 1; rank <= Math.min(SHOWN, values.length); rank++) {
      table = table.row(rank, values[values.length - rank]);
    }
    return Findings.NONE
        .and("largest", values[values.length - 1])
        .and("smallest", values[0])
        .and(table);
  }
}
