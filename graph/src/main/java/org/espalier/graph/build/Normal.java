package org.espalier.graph.build;

/** The standard normal distribution. */
final class Normal {
  /** The probability of a value below -2. */
  static final double BELOW_2 = 0.02275013194817922;

  /** The probability of a value between -2 and 2. */
  static final double WITHIN_2 = 1 - 2 * BELOW_2;

  private Normal() {}

  /**
   * The value below which a share {@code p} of the distribution lies, with seven digits: the
   * rational functions of Wichura, "Algorithm AS 241: the percentage points of the normal
   * distribution", Applied Statistics 37 (1988). Plain arithmetic and StrictMath, so that weights
   * don't depend on the machine, and one uniform number per sample.
   */
  static double quantile(double p) {
    assert p > 0 && p < 1 : p;
    double q = p - 0.5;
    if (Math.abs(q) <= 0.425) {
      double r = 0.180625 - q * q;
      return q
          * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)
          / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1);
    }
    double r = StrictMath.sqrt(-StrictMath.log(Math.min(p, 1 - p)));
    double value;
    if (r <= 5) {
      double s = r - 1.6;
      value =
          (((0.17023821103 * s + 1.3067284816) * s + 2.7568153900) * s + 1.4234372777)
              / ((0.12021132975 * s + 0.73700164250) * s + 1);
    } else {
      double s = r - 5;
      value =
          (((0.017337203997 * s + 0.42868294337) * s + 3.0812263860) * s + 6.6579051150)
              / ((0.012258202635 * s + 0.24197894225) * s + 1);
    }
    return q < 0 ? -value : value;
  }
}
