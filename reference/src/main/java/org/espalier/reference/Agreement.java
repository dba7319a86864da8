package org.espalier.reference;

import static java.lang.Math.abs;
import static java.lang.Math.max;

import java.util.Arrays;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * How well a tensor agrees with the expected one.
 *
 * <p>An element's relative error is {@code |actual - expected| / (|expected| + scale / 100)}, where
 * scale is the largest finite magnitude expected: near zero, where a sum's terms have cancelled, an
 * error counts against what was summed. That holds however small all numbers are; only where every
 * one expected is zero, with no size to compare with, are differences up to 1e-7 rounding. NaN
 * agrees with NaN, an infinity with itself; integers, booleans and strings must be equal.
 *
 * @param maxAbsoluteError infinite where the tensors can't be compared or a NaN stands alone
 * @param maxRelativeError the largest of the elements' errors, infinite likewise
 * @param reason what disagrees and where; empty where {@code holds}
 */
public record Agreement(
    boolean holds, double maxAbsoluteError, double maxRelativeError, String reason) {

  /** What a sum whose terms are about 1 and cancel may leave. */
  private static final double ROUNDING = 1e-7;

  /** Compares with the tolerance that fits the type: see {@link #tolerance}. */
  public static Agreement of(Tensor expected, Tensor actual) {
    return of(expected, actual, tolerance(expected.type()));
  }

  /** Compares; {@code tolerance} bounds the relative error of floating-point elements. */
  public static Agreement of(Tensor expected, Tensor actual, double tolerance) {
    if (expected.type() != actual.type() || !Arrays.equals(expected.dims(), actual.dims())) {
      return incomparable("is %s, expected %s".formatted(actual, expected));
    }
    if (expected.type() == DataType.STRING) {
      return expected.equals(actual)
          ? new Agreement(true, 0, 0, "")
          : incomparable("other strings than expected");
    }
    if (expected.type().isFloat()) {
      return floats(expected, actual, tolerance);
    }
    return expected.type().isInteger() || expected.type() == DataType.BOOL
        ? integers(expected, actual)
        : bytes(expected, actual);
  }

  /** The relative error to allow for: 1e-3 for float32 and wider, coarser for narrow types. */
  public static double tolerance(DataType type) {
    return switch (type) {
      case FLOAT, DOUBLE -> 1e-3;
      case FLOAT16 -> 1e-2;
      case BFLOAT16 -> 4e-2;
      default -> type.isFloat() ? 0.13 : 0;
    };
  }

  /** The largest finite magnitude. */
  private static double scale(Tensor tensor) {
    double scale = 0;
    for (long k = 0; k < tensor.size(); k++) {
      double magnitude = abs(tensor.realAt(k));
      scale = Double.isFinite(magnitude) ? max(scale, magnitude) : scale;
    }
    return scale;
  }

  private static Agreement floats(Tensor expected, Tensor actual, double tolerance) {
    long size = expected.size();
    double scale = scale(expected);
    double rounding = scale > 0 ? 0 : ROUNDING;
    double maxAbsolute = 0;
    double maxRelative = 0;
    long worst = -1;
    for (long k = 0; k < size; k++) {
      double e = expected.realAt(k);
      double a = actual.realAt(k);
      if (Double.compare(e, a) == 0 || e == a) {
        continue;
      }
      double absolute =
          Double.isFinite(e) && Double.isFinite(a) ? abs(a - e) : Double.POSITIVE_INFINITY;
      double relative = absolute / (Double.isFinite(e) ? abs(e) + scale / 100 : 1);
      maxAbsolute = max(maxAbsolute, absolute);
      if (absolute > rounding && relative > maxRelative) {
        maxRelative = relative;
        worst = k;
      }
    }
    boolean holds = maxRelative <= tolerance;
    String reason =
        holds
            ? ""
            : "element %s is %s, expected %s: relative error %.3g, allowed %.3g"
                .formatted(
                    position(expected, worst),
                    actual.realAt(worst),
                    expected.realAt(worst),
                    maxRelative,
                    tolerance);
    return new Agreement(holds, maxAbsolute, maxRelative, reason);
  }

  private static Agreement integers(Tensor expected, Tensor actual) {
    double maxAbsolute = 0;
    double maxRelative = 0;
    long different = 0;
    long worst = -1;
    for (long k = 0; k < expected.size(); k++) {
      if (expected.integerAt(k) != actual.integerAt(k)) {
        double e = expected.realAt(k);
        double absolute = max(1, abs(actual.realAt(k) - e));
        if (absolute > maxAbsolute) {
          maxAbsolute = absolute;
          worst = k;
        }
        maxRelative = max(maxRelative, absolute / max(1, abs(e)));
        different++;
      }
    }
    return different == 0
        ? new Agreement(true, 0, 0, "")
        : new Agreement(
            false,
            maxAbsolute,
            maxRelative,
            "%d of %d elements differ; element %s is %d, expected %d"
                .formatted(
                    different,
                    expected.size(),
                    position(expected, worst),
                    actual.integerAt(worst),
                    expected.integerAt(worst)));
  }

  private static Agreement bytes(Tensor expected, Tensor actual) {
    return expected.equals(actual)
        ? new Agreement(true, 0, 0, "")
        : incomparable("other bytes than expected, " + expected);
  }

  private static Agreement incomparable(String reason) {
    return new Agreement(false, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, reason);
  }

  private static String position(Tensor tensor, long index) {
    long[] position = new long[tensor.rank()];
    long rest = index;
    for (int axis = position.length - 1; axis >= 0; axis--) {
      position[axis] = rest % tensor.dim(axis);
      rest /= tensor.dim(axis);
    }
    return Arrays.toString(position);
  }
}
