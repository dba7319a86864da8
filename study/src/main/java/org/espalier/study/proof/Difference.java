package org.espalier.study.proof;

import java.util.Map;
import org.espalier.graph.Tensor;
import org.espalier.reference.Agreement;

/**
 * How far a run's outputs are from those expected. Errors are relative as {@link Agreement} has
 * them, but however small the numbers are: an error of {@code |expected| + scale / 100}, where
 * scale is the largest magnitude of the output.
 *
 * @param error the largest
 * @param toScale the largest relative to the scale alone
 * @param reason where the outputs differ by more than allowed; empty where they don't
 */
record Difference(double error, double toScale, String reason) {
  static Difference of(Map<String, Tensor> expected, Map<String, Tensor> actual, double tolerance) {
    var worst = new Difference(0, 0, "");
    for (Map.Entry<String, Tensor> output : expected.entrySet()) {
      Difference found =
          of(output.getKey(), output.getValue(), actual.get(output.getKey()), tolerance);
      worst =
          new Difference(
              Math.max(worst.error, found.error),
              Math.max(worst.toScale, found.toScale),
              worst.reason.isEmpty() ? found.reason : worst.reason);
    }
    return worst;
  }

  private static Difference of(String name, Tensor expected, Tensor actual, double tolerance) {
    if (!expected.type().isFloat()
        || expected.type() != actual.type()
        || !expected.shape().equals(actual.shape())) {
      Agreement agreement = Agreement.of(expected, actual, tolerance);
      double error = agreement.maxRelativeError();
      String reason =
          agreement.holds() ? "" : "output '%s': %s".formatted(name, agreement.reason());
      return new Difference(error, error, reason);
    }
    long size = expected.size();
    double scale = 0;
    boolean any = size == 0;
    for (long k = 0; k < size; k++) {
      double magnitude = Math.abs(expected.realAt(k));
      any |= !Double.isNaN(magnitude);
      scale = Double.isFinite(magnitude) ? Math.max(scale, magnitude) : scale;
    }
    if (!any) {
      return new Difference(0, 0, "output '" + name + "' is NaN everywhere, which proves nothing");
    }
    double worst = 0;
    double toScale = 0;
    long at = 0;
    for (long k = 0; k < size; k++) {
      double e = expected.realAt(k);
      double a = actual.realAt(k);
      if (Double.compare(e, a) == 0 || e == a) {
        continue;
      }
      boolean finite = Double.isFinite(e) && Double.isFinite(a);
      double error = finite ? Math.abs(a - e) : Double.POSITIVE_INFINITY;
      double relative = error / (Math.abs(e) + scale / 100);
      toScale = Math.max(toScale, error / scale);
      if (!(relative <= worst)) {
        worst = Double.isNaN(relative) ? Double.POSITIVE_INFINITY : relative;
        at = k;
      }
    }
    return new Difference(
        worst,
        toScale,
        worst <= tolerance
            ? ""
            : "output '%s': element %d is %s, expected %s: relative error %.3g, allowed %.3g"
                .formatted(name, at, actual.realAt(at), expected.realAt(at), worst, tolerance));
  }
}
