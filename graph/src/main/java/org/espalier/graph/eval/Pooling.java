package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Pooling over a sliding window, or over whole planes. */
final class Pooling {
  private Pooling() {}

  static void register(Map<String, Rule> rules) {
    rules.put("MaxPool", Pooling::maxPool);
    rules.put("AveragePool", Pooling::averagePool);
    rules.put("LpPool", Pooling::lpPool);
    rules.put("GlobalAveragePool", global(row -> Arrays.stream(row).average().orElse(Double.NaN)));
    rules.put(
        "GlobalMaxPool",
        global(row -> Arrays.stream(row).reduce(Double.NEGATIVE_INFINITY, Math::max)));
    rules.put("GlobalLpPool", Pooling::globalLpPool);
  }

  private static Rule global(ToDoubleFunction<double[]> f) {
    return call -> {
      Tensor x = Unary.floats(call, 0);
      if (x.rank() < 2) {
        throw call.invalid("input is %s, expected [N, C, ...]".formatted(x));
      }
      long[] dims = x.dims();
      Arrays.fill(dims, 2, dims.length, 1);
      Tensor y = Tensor.allocate(x.type(), dims);
      double[] row = new double[Math.toIntExact(y.size() == 0 ? 0 : x.size() / y.size())];
      double[] value = new double[1];
      for (long k = 0; k < y.size(); k++) {
        Lanes.read(x, k * row.length, 1, row, row.length);
        value[0] = f.applyAsDouble(row);
        Lanes.write(y, k, value, 1);
      }
      return List.of(y);
    };
  }

  private static List<Tensor> globalLpPool(Call call) {
    double p = call.node().integer("p", 2);
    return global(
            row -> Math.pow(Arrays.stream(row).map(v -> Math.pow(Math.abs(v), p)).sum(), 1 / p))
        .apply(call);
  }

  private static Window window(Call call, Tensor x) {
    return Window.of(
        call,
        x,
        call.node()
            .integers("kernel_shape")
            .orElseThrow(() -> call.invalid("no attribute 'kernel_shape'")));
  }

  private static Tensor result(DataType type, Tensor x, Window window) {
    long[] dims = x.dims();
    System.arraycopy(window.out(), 0, dims, 2, window.out().length);
    return Tensor.allocate(type, dims);
  }

  /** What one place of the window makes of the elements it sees. */
  private interface Place {
    /** Takes in the values that lie in the plane, of {@code covered} taps that aren't beyond it. */
    double of(double[] values, long[] positions, int seen, int covered);
  }

  private static void slide(Tensor x, Window window, Tensor y, Place place) {
    int plane = Math.toIntExact(Tensor.elements(window.size()));
    int places = Math.toIntExact(Tensor.elements(window.out()));
    int taps = Math.toIntExact(Tensor.elements(window.kernel()));
    double[] in = new double[plane];
    double[] out = new double[places];
    double[] values = new double[taps];
    long[] positions = new long[taps];
    long[] at = new long[window.size().length];
    long[] tap = new long[at.length];
    boolean[] inPadding = new boolean[1];
    for (long k = 0; k < x.dim(0) * x.dim(1); k++) {
      Lanes.read(x, k * plane, 1, in, plane);
      for (int p = 0; p < places; p++) {
        Window.unravel(p, window.out(), at);
        int seen = 0;
        int covered = 0;
        for (int t = 0; t < taps; t++) {
          Window.unravel(t, window.kernel(), tap);
          long position = window.position(at, tap, inPadding);
          covered += inPadding[0] ? 1 : 0;
          if (position >= 0) {
            values[seen] = in[(int) position];
            positions[seen++] = k * plane + position;
          }
        }
        out[p] = place.of(values, positions, seen, covered);
      }
      Lanes.write(y, k * places, out, places);
    }
  }

  private static List<Tensor> maxPool(Call call) {
    Tensor x = call.input(0);
    if (!x.type().isFloat() && !x.type().isInteger()) {
      throw call.unsupported(x.type());
    }
    Window window = window(call, x);
    boolean columnMajor = call.node().integer("storage_order", 0) != 0;
    Tensor y = result(x.type(), x, window);
    Tensor indices = result(DataType.INT64, x, window);
    long[] next = {0};
    double least = x.type().isFloat() ? Double.NEGATIVE_INFINITY : Reduction.least(x.type());
    slide(
        x,
        window,
        y,
        (values, positions, seen, covered) -> {
          int best = 0;
          for (int k = 1; k < seen; k++) {
            if (values[k] > values[best]
                || (Double.isNaN(values[k]) && !Double.isNaN(values[best]))) {
              best = k;
            }
          }
          long position = seen == 0 ? -1 : positions[best];
          Lanes.store(
              indices, next[0]++, columnMajor ? columnMajor(position, window.size()) : position);
          return seen == 0 ? least : values[best];
        });
    return List.of(y, indices);
  }

  /** A position in a stack of planes, counted with the first spatial axis fastest. */
  private static long columnMajor(long position, long[] size) {
    long plane = Tensor.elements(size);
    long[] at = new long[size.length];
    Window.unravel(position % plane, size, at);
    long flipped = 0;
    for (int axis = size.length - 1; axis >= 0; axis--) {
      flipped = flipped * size[axis] + at[axis];
    }
    return position / plane * plane + flipped;
  }

  private static List<Tensor> averagePool(Call call) {
    boolean padding = call.node().integer("count_include_pad", 0) != 0;
    return sum(
        call,
        (values, positions, seen, covered) -> {
          double sum = 0;
          for (int k = 0; k < seen; k++) {
            sum += values[k];
          }
          return sum / (padding ? covered : seen);
        });
  }

  private static List<Tensor> lpPool(Call call) {
    double p = call.node().integer("p", 2);
    return sum(
        call,
        (values, positions, seen, covered) -> {
          double sum = 0;
          for (int k = 0; k < seen; k++) {
            sum += Math.pow(Math.abs(values[k]), p);
          }
          return Math.pow(sum, 1 / p);
        });
  }

  private static List<Tensor> sum(Call call, Place place) {
    Tensor x = Unary.floats(call, 0);
    Window window = window(call, x);
    Tensor y = result(x.type(), x, window);
    slide(x, window, y, place);
    return List.of(y);
  }
}
