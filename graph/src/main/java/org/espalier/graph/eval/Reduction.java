package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.stream.IntStream;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * Reductions over axes. What is reduced is brought to the end first, so that each result comes from
 * one row; floats are summed in double.
 */
final class Reduction {
  private Reduction() {}

  /** What one row of numbers becomes. */
  @FunctionalInterface
  interface Reals {
    double of(double[] row, int n);
  }

  /** What one row of integers becomes. */
  @FunctionalInterface
  interface Integers {
    long of(long[] row, int n);
  }

  static void register(Map<String, Rule> rules) {
    rules.put("ReduceSum", rule(Reduction::sum, type -> Reduction::sum));
    rules.put("ReduceMean", rule((x, n) -> sum(x, n) / n, null));
    rules.put("ReduceProd", rule(fold(1, (a, b) -> a * b), type -> count(1, (a, b) -> a * b)));
    rules.put("ReduceMax", rule(fold(Double.NEGATIVE_INFINITY, Math::max), Reduction::max));
    rules.put("ReduceMin", rule(fold(Double.POSITIVE_INFINITY, Math::min), Reduction::min));
    rules.put(
        "ReduceL1",
        rule(fold(0, (a, b) -> a + Math.abs(b)), type -> count(0, (a, b) -> a + Math.abs(b))));
    rules.put("ReduceL2", rule((x, n) -> Math.sqrt(squares(x, n)), null));
    rules.put("ReduceSumSquare", rule(Reduction::squares, type -> count(0, (a, b) -> a + b * b)));
    rules.put("ReduceLogSum", rule((x, n) -> Math.log(sum(x, n)), null));
    rules.put("ReduceLogSumExp", rule(Reduction::logSumExp, null));
  }

  private static double sum(double[] x, int n) {
    // Four sums at once: one alone would wait for each addition to end.
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int k = 0;
    for (; k + 3 < n; k += 4) {
      a += x[k];
      b += x[k + 1];
      c += x[k + 2];
      d += x[k + 3];
    }
    for (; k < n; k++) {
      a += x[k];
    }
    return (a + b) + (c + d);
  }

  private static long sum(long[] x, int n) {
    long sum = 0;
    for (int k = 0; k < n; k++) {
      sum += x[k];
    }
    return sum;
  }

  private static double squares(double[] x, int n) {
    double sum = 0;
    for (int k = 0; k < n; k++) {
      sum += x[k] * x[k];
    }
    return sum;
  }

  private static double logSumExp(double[] x, int n) {
    double max = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < n; k++) {
      max = Math.max(max, x[k]);
    }
    if (Double.isInfinite(max)) {
      return max;
    }
    double sum = 0;
    for (int k = 0; k < n; k++) {
      sum += Math.exp(x[k] - max);
    }
    return max + Math.log(sum);
  }

  private static Reals fold(double start, DoubleBinaryOperator step) {
    return (x, n) -> {
      double value = start;
      for (int k = 0; k < n; k++) {
        value = step.applyAsDouble(value, x[k]);
      }
      return value;
    };
  }

  private static Integers count(long start, LongBinaryOperator step) {
    return (x, n) -> {
      long value = start;
      for (int k = 0; k < n; k++) {
        value = step.applyAsLong(value, x[k]);
      }
      return value;
    };
  }

  private static Integers max(DataType type) {
    return type == DataType.UINT64
        ? count(0, (a, b) -> Long.compareUnsigned(a, b) >= 0 ? a : b)
        : count(least(type), Math::max);
  }

  private static Integers min(DataType type) {
    return type == DataType.UINT64
        ? count(-1, (a, b) -> Long.compareUnsigned(a, b) <= 0 ? a : b)
        : count(most(type), Math::min);
  }

  /** The least value of an integer type or of booleans. */
  static long least(DataType type) {
    return type.isUnsigned() || type == DataType.BOOL ? 0 : -1L << (type.bits() - 1);
  }

  /** The greatest value of an integer type, but UINT64, or of booleans. */
  static long most(DataType type) {
    return type == DataType.BOOL
        ? 1
        : type.isUnsigned() ? (1L << type.bits()) - 1 : ~(-1L << (type.bits() - 1));
  }

  @FunctionalInterface
  private interface ByType {
    Integers of(DataType type);
  }

  /** Without a rule for integers, those are computed as real numbers and cut off. */
  private static Rule rule(Reals reals, ByType integers) {
    return call -> {
      Tensor x = call.input(0);
      long[] given = call.optionalIntegers(1).orElse(new long[0]);
      // A reduction over no axes still takes the logarithm, root or square.
      boolean all = given.length == 0 && call.node().integer("noop_with_empty_axes", 0) == 0;
      int[] axes = all ? IntStream.range(0, x.rank()).toArray() : call.axes(given, x.rank());
      return List.of(reduce(call, x, axes, reals, integers));
    };
  }

  private static Tensor reduce(Call call, Tensor x, int[] axes, Reals reals, ByType integers) {
    DataType type = x.type();
    Rows rows = Rows.of(x, axes);
    Tensor y = Tensor.allocate(type, rows.dims(call.node().integer("keepdims", 1) != 0));
    int n = rows.length();
    if (type.isFloat() || (type.isInteger() && integers == null)) {
      double[] row = new double[n];
      double[] value = new double[1];
      for (long k = 0; k < y.size(); k++) {
        Lanes.read(rows.tensor(), k * n, 1, row, n);
        value[0] = reals.of(row, n);
        Lanes.write(y, k, value, 1);
      }
    } else if (type.isInteger()
        || (type == DataType.BOOL && call.node().op().matches("ReduceM(ax|in)"))) {
      Integers rule = integers.of(type);
      long[] row = new long[n];
      for (long k = 0; k < y.size(); k++) {
        Lanes.read(rows.tensor(), k * n, 1, row, n);
        Lanes.store(y, k, rule.of(row, n));
      }
    } else {
      throw call.unsupported(type);
    }
    return y;
  }

  /**
   * A tensor whose axes of interest were brought to the end and made one.
   *
   * @param original the shape before
   * @param length the elements of a row
   */
  record Rows(Tensor tensor, long[] original, int[] axes, int length) {
    static Rows of(Tensor x, int... axes) {
      int[] sorted = IntStream.of(axes).sorted().toArray();
      int[] kept =
          IntStream.range(0, x.rank())
              .filter(axis -> Arrays.binarySearch(sorted, axis) < 0)
              .toArray();
      int[] order = IntStream.concat(IntStream.of(kept), IntStream.of(sorted)).toArray();
      boolean inPlace = IntStream.range(0, order.length).allMatch(k -> order[k] == k);
      long length = IntStream.of(sorted).mapToLong(x::dim).reduce(1, Math::multiplyExact);
      return new Rows(
          inPlace ? x : Moving.transpose(x, order), x.dims(), sorted, Math.toIntExact(length));
    }

    /** The shape with the axes of interest gone, or of size 1. */
    long[] dims(boolean keep) {
      return IntStream.range(0, original.length)
          .filter(axis -> keep || Arrays.binarySearch(axes, axis) < 0)
          .mapToLong(axis -> Arrays.binarySearch(axes, axis) < 0 ? original[axis] : 1)
          .toArray();
    }
  }
}
