package org.espalier.graph.eval;

/**
 * The error function, to about 1e-15.
 *
 * <p>Between 0 and 6 it is a Taylor polynomial around the nearest of 193 nodes, 1/32 apart; beyond
 * 6 it is 1 in double precision. The polynomials come from the derivative's own recurrence: with
 * {@code g(h) = exp(-(a+h)^2)}, {@code g' = -2(a+h)g}, so {@code (k+1)c[k+1] = -2(a c[k] +
 * c[k-1])}.
 */
final class ErrorFunction {
  private static final int STEPS = 32;
  private static final int LAST = 6 * STEPS;
  private static final int TERMS = 9;
  private static final double[][] POLYNOMIALS = polynomials();

  private ErrorFunction() {}

  static double erf(double x) {
    double magnitude = Math.abs(x);
    if (!(magnitude < 6)) {
      return Double.isNaN(x) ? x : Math.signum(x);
    }
    int node = (int) (magnitude * STEPS + 0.5);
    double value = evaluate(POLYNOMIALS[node], magnitude - (double) node / STEPS);
    return x < 0 ? -value : value;
  }

  private static double evaluate(double[] polynomial, double h) {
    double value = 0;
    for (int k = TERMS - 1; k >= 0; k--) {
      value = value * h + polynomial[k];
    }
    return value;
  }

  private static double[][] polynomials() {
    double[][] all = new double[LAST + 1][TERMS];
    for (int node = 0; node <= LAST; node++) {
      double a = (double) node / STEPS;
      double before = 0;
      double derivative = 2 / Math.sqrt(Math.PI) * Math.exp(-a * a);
      for (int k = 1; k < TERMS; k++) {
        all[node][k] = derivative / k;
        double next = -2 * (a * derivative + before) / k;
        before = derivative;
        derivative = next;
      }
      if (node > 0) {
        all[node][0] = evaluate(all[node - 1], 0.5 / STEPS) - evaluate(all[node], -0.5 / STEPS);
      }
    }
    return all;
  }
}
