package org.espalier.study.proof;

import java.util.Map;
import org.espalier.graph.Tensor;
import org.espalier.reference.Agreement;

/**
 * How far a run's outputs are from those expected, as {@link Agreement} has it.
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
    Agreement agreement = Agreement.of(expected, actual, tolerance);
    double error = agreement.maxRelativeError();
    String reason = agreement.holds() ? "" : "output '%s': %s".formatted(name, agreement.reason());
    if (!expected.type().isFloat()) {
      return new Difference(error, error, reason);
    }
    double scale = 0;
    boolean any = expected.size() == 0;
    for (long k = 0; k < expected.size(); k++) {
      double magnitude = Math.abs(expected.realAt(k));
      any |= !Double.isNaN(magnitude);
      scale = Double.isFinite(magnitude) ? Math.max(scale, magnitude) : scale;
    }
    return any
        ? new Difference(error, error == 0 ? 0 : agreement.maxAbsoluteError() / scale, reason)
        : new Difference(0, 0, "output '" + name + "' is NaN everywhere, which proves nothing");
  }
}
