package org.espalier.graph.eval;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * Operators that compare elements of one axis and tell where the greatest are. Every number becomes
 * a long of the same order first; a NaN is greater than all others.
 */
final class Ordering {
  private Ordering() {}

  static void register(Map<String, Rule> rules) {
    rules.put("ArgMax", call -> argument(call, true));
    rules.put("ArgMin", call -> argument(call, false));
    rules.put("Hardmax", Ordering::hardmax);
    rules.put("TopK", Ordering::topK);
  }

  private static void keys(Call call, Tensor x, long from, long[] keys, double[] lane) {
    int n = keys.length;
    if (x.type().isFloat()) {
      Lanes.read(x, from, 1, lane, n);
      for (int k = 0; k < n; k++) {
        // Adding zero makes the two zeros one.
        long bits = Double.doubleToLongBits(lane[k] + 0.0);
        keys[k] = bits ^ ((bits >> 63) & Long.MAX_VALUE);
      }
    } else if (x.type().isInteger()) {
      Lanes.read(x, from, 1, keys, n);
      if (x.type() == DataType.UINT64) {
        for (int k = 0; k < n; k++) {
          keys[k] ^= Long.MIN_VALUE;
        }
      }
    } else {
      throw call.unsupported(x.type());
    }
  }

  private static int greatest(long[] keys, boolean last) {
    int best = 0;
    for (int k = 1; k < keys.length; k++) {
      if (last ? keys[k] >= keys[best] : keys[k] > keys[best]) {
        best = k;
      }
    }
    return best;
  }

  private static void invert(long[] keys) {
    for (int k = 0; k < keys.length; k++) {
      keys[k] = ~keys[k];
    }
  }

  private static List<Tensor> argument(Call call, boolean greatest) {
    Tensor x = call.input(0);
    Reduction.Rows rows = Reduction.Rows.of(x, call.axis("axis", 0, x.rank()));
    boolean last = call.node().integer("select_last_index", 0) != 0;
    Tensor y = Tensor.allocate(DataType.INT64, rows.dims(call.node().integer("keepdims", 1) != 0));
    if (rows.length() == 0 && y.size() > 0) {
      throw call.invalid("an empty axis in " + x);
    }
    long[] keys = new long[rows.length()];
    double[] lane = new double[rows.length()];
    for (long k = 0; k < y.size(); k++) {
      keys(call, rows.tensor(), k * keys.length, keys, lane);
      if (!greatest) {
        invert(keys);
      }
      Lanes.store(y, k, greatest(keys, last));
    }
    return List.of(y);
  }

  private static List<Tensor> hardmax(Call call) {
    Tensor x = Unary.floats(call, 0);
    int axis = call.axis("axis", -1, x.rank());
    long[] keys = new long[Math.toIntExact(x.dim(axis))];
    double[] lane = new double[keys.length];
    return List.of(
        AlongAxis.map(
            x,
            axis,
            (rows, from, y) -> {
              keys(call, rows, from, keys, lane);
              Lanes.write(y, from + greatest(keys, false), new double[] {1}, 1);
            }));
  }

  private static List<Tensor> topK(Call call) {
    Tensor x = call.input(0);
    int axis = call.axis("axis", -1, x.rank());
    long wanted = call.integer(1);
    if (wanted < 0 || wanted > x.dim(axis)) {
      throw call.invalid("K is %d for axis %d of %s".formatted(wanted, axis, x));
    }
    int count = (int) wanted;
    boolean largest = call.node().integer("largest", 1) != 0;
    Tensor rows = AlongAxis.toEnd(x, axis);
    long[] dims = rows.dims();
    dims[dims.length - 1] = count;
    Tensor values = Tensor.allocate(x.type(), dims);
    Tensor indices = Tensor.allocate(DataType.INT64, dims);
    int n = Math.toIntExact(x.dim(axis));
    long[] keys = new long[n];
    double[] lane = new double[n];
    int width = x.type().bits() / 8;
    for (long row = 0; count > 0 && row < values.size() / count; row++) {
      keys(call, rows, row * n, keys, lane);
      if (largest) {
        invert(keys);
      }
      int[] order = sorted(keys);
      for (int k = 0; k < count; k++) {
        Gathering.move(rows, row * n + order[k], values, row * count + k, 1, width);
        Lanes.store(indices, row * count + k, order[k]);
      }
    }
    return List.of(AlongAxis.fromEnd(values, axis), AlongAxis.fromEnd(indices, axis));
  }

  /** The positions of {@code keys} in ascending order, equal ones as they stood: a merge sort. */
  static int[] sorted(long[] keys) {
    int[] order = IntStream.range(0, keys.length).toArray();
    int[] other = new int[keys.length];
    for (int length = 1; length < keys.length; length *= 2) {
      for (int from = 0; from < keys.length; from += 2 * length) {
        int middle = Math.min(from + length, keys.length);
        int end = Math.min(from + 2 * length, keys.length);
        int a = from;
        int b = middle;
        for (int k = from; k < end; k++) {
          boolean first = a < middle && (b == end || keys[order[a]] <= keys[order[b]]);
          other[k] = first ? order[a++] : order[b++];
        }
      }
      int[] swap = order;
      order = other;
      other = swap;
    }
    return order;
  }
}
