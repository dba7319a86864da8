package org.espalier.engine.kernel;

import static org.espalier.engine.kernel.Simd.LANES;
import static org.espalier.engine.kernel.Simd.STEP;
import static org.espalier.engine.kernel.Simd.all;
import static org.espalier.engine.kernel.Simd.load;
import static org.espalier.engine.kernel.Simd.store;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Sparse rows times a panel of one, two or four vectors of pixels.
 *
 * <p>Pixels are the vector, so a weight is one broadcast and nothing is gathered. Four independent
 * sums hide the latency of a multiply-add; narrow panels get theirs from taking non-zeros in turn.
 */
final class SparsePanel {
  private SparsePanel() {}

  static void four(
      SparseRows w,
      int from,
      int to,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      long yRow,
      Bounds bounds) {
    int[] offsets = w.offsets;
    float[] values = w.values;
    for (int row = from; row < to; row++) {
      FloatVector a = all(w.bias[row]);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      int end = w.starts[row + 1];
      for (int k = w.starts[row]; k < end; k++) {
        long at = xAt + offsets[k];
        FloatVector weight = all(values[k]);
        a = load(x, at).fma(weight, a);
        b = load(x, at + STEP).fma(weight, b);
        c = load(x, at + 2 * STEP).fma(weight, c);
        d = load(x, at + 3 * STEP).fma(weight, d);
      }
      long at = yAt + (row - from) * yRow;
      store(a, bounds, y, at);
      store(b, bounds, y, at + STEP);
      store(c, bounds, y, at + 2 * STEP);
      store(d, bounds, y, at + 3 * STEP);
    }
  }

  static void two(
      SparseRows w,
      int from,
      int to,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      long yRow,
      Bounds bounds) {
    int[] offsets = w.offsets;
    float[] values = w.values;
    for (int row = from; row < to; row++) {
      FloatVector a = all(w.bias[row]);
      FloatVector b = a;
      FloatVector c = FloatVector.zero(Simd.FLOAT);
      FloatVector d = c;
      int end = w.starts[row + 1];
      int k = w.starts[row];
      for (; k + 1 < end; k += 2) {
        long at = xAt + offsets[k];
        long next = xAt + offsets[k + 1];
        FloatVector weight = all(values[k]);
        FloatVector other = all(values[k + 1]);
        a = load(x, at).fma(weight, a);
        b = load(x, at + STEP).fma(weight, b);
        c = load(x, next).fma(other, c);
        d = load(x, next + STEP).fma(other, d);
      }
      if (k < end) {
        long at = xAt + offsets[k];
        FloatVector weight = all(values[k]);
        a = load(x, at).fma(weight, a);
        b = load(x, at + STEP).fma(weight, b);
      }
      long at = yAt + (row - from) * yRow;
      store(a.add(c), bounds, y, at);
      store(b.add(d), bounds, y, at + STEP);
    }
  }

  static void one(
      SparseRows w,
      int from,
      int to,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      long yRow,
      Bounds bounds) {
    int[] offsets = w.offsets;
    float[] values = w.values;
    for (int row = from; row < to; row++) {
      FloatVector a = all(w.bias[row]);
      FloatVector b = FloatVector.zero(Simd.FLOAT);
      FloatVector c = b;
      FloatVector d = b;
      int end = w.starts[row + 1];
      int k = w.starts[row];
      for (; k + 3 < end; k += 4) {
        a = load(x, xAt + offsets[k]).fma(all(values[k]), a);
        b = load(x, xAt + offsets[k + 1]).fma(all(values[k + 1]), b);
        c = load(x, xAt + offsets[k + 2]).fma(all(values[k + 2]), c);
        d = load(x, xAt + offsets[k + 3]).fma(all(values[k + 3]), d);
      }
      for (; k < end; k++) {
        a = load(x, xAt + offsets[k]).fma(all(values[k]), a);
      }
      store(a.add(b).add(c.add(d)), bounds, y, yAt + (row - from) * yRow);
    }
  }

  /** A panel of three is a two and a one. */
  static void any(
      SparseRows w,
      int from,
      int to,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      long yRow,
      int vectors,
      Bounds bounds) {
    assert vectors >= 1 && vectors <= Kernels.TILE : vectors + " vectors of " + LANES;
    switch (vectors) {
      case 4 -> four(w, from, to, x, xAt, y, yAt, yRow, bounds);
      case 1 -> one(w, from, to, x, xAt, y, yAt, yRow, bounds);
      default -> {
        two(w, from, to, x, xAt, y, yAt, yRow, bounds);
        if (vectors == 3) {
          one(w, from, to, x, xAt + 2 * STEP, y, yAt + 2 * STEP, yRow, bounds);
        }
      }
    }
  }
}
