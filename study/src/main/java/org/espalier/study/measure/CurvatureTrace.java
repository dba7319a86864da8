package org.espalier.study.measure;

import java.util.SplittableRandom;
import java.util.function.UnaryOperator;

/**
 * The trace of the loss's Hessian over the kept weights, Hutchinson's estimate: the mean of {@code
 * v^T H v} over vectors v of random signs. Ten vectors, and more, up to a hundred, until the
 * standard error is below a tenth of the trace.
 */
final class CurvatureTrace implements Measurement.OfOne {
  private static final int FEWEST = 10;
  private static final int MOST = 100;
  private static final double ENOUGH = 0.1;

  /** An estimate from so many vectors. */
  record Estimate(double trace, double error, int vectors) {}

  @Override
  public String name() {
    return "hessian-trace";
  }

  @Override
  public String title() {
    return "the loss's curvature over the kept weights, summed";
  }

  @Override
  public Findings of(Subject subject) {
    Curvature curvature = Curvature.of(subject, this, MOST);
    Estimate estimate = estimate(curvature, curvature.size(), subject.settings().seed());
    return Findings.NONE
        .and("trace", estimate.trace())
        .and("standardError", estimate.error())
        .and("tracePerWeight", estimate.trace() / curvature.size())
        .and("vectors", estimate.vectors());
  }

  static Estimate estimate(UnaryOperator<double[]> hessian, int size, long seed) {
    var random = new SplittableRandom(seed);
    double mean = 0;
    double squares = 0;
    double error = 0;
    int vectors = 0;
    while (vectors < MOST && (vectors < FEWEST || error > ENOUGH * Math.abs(mean))) {
      double[] signs = Curvature.signs(size, random);
      double found = Curvature.dot(signs, hessian.apply(signs));
      vectors++;
      double off = found - mean;
      mean += off / vectors;
      squares += off * (found - mean);
      error = vectors < 2 ? 0 : Math.sqrt(squares / (vectors - 1) / vectors);
    }
    return new Estimate(mean, error, vectors);
  }
}
