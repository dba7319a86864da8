package org.espalier.study.latency;

/**
 * The steps in the time of a layer as one of its widths grows, for each place within a period: it
 * takes as long as so many channels more would, and that times a factor. A processor fills up a
 * block that isn't full; and some widths suit no fast kernel at all.
 *
 * @param more channels as if which there were, besides
 * @param factors at least 1
 */
record Steps(double[] more, double[] factors) {
  /** Differences below this are noise. */
  private static final double NOISE = 0.03;

  /** Without steps. */
  static final Steps NONE = new Steps(new double[1], new double[] {1});

  /**
   * From times at widths one apart.
   *
   * @param ms of one period and the first of the next, both ends whole periods
   */
  static Steps of(double... ms) {
    int period = ms.length - 1;
    double[] more = new double[period];
    double[] factors = new double[period];
    double filled = ms[period]; // the least that this width or any wider one takes
    for (int k = period - 1; k >= 0; k--) {
      filled = Math.min(filled, ms[k]);
      double rise = ms[period] - ms[0];
      double as = rise <= NOISE * ms[period] ? k : period * (filled - ms[0]) / rise;
      more[k] = k == 0 ? 0 : Math.clamp(as, k, period) - k;
      double factor = ms[k] / filled;
      factors[k] = factor < 1 + NOISE ? 1 : factor;
    }
    return new Steps(more, factors);
  }

  /** As how many channels so many count. */
  double as(int width) {
    return width + more[width % more.length];
  }

  double factor(int width) {
    return factors[width % factors.length];
  }
}
