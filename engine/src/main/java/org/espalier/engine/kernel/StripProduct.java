package org.espalier.engine.kernel;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.espalier.engine.kernel.Simd.STEP;
import static org.espalier.engine.kernel.Simd.all;
import static org.espalier.engine.kernel.Simd.load;
import static org.espalier.engine.kernel.Simd.store;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Strips of one and of four rows times a tile, on the Vector API: the portable form. Only the sums
 * over a strip's columns, which are added to what lies at {@code y}, so that a long sum is one of
 * shorter sums; what they start from and the clamp are done apart, to keep each loop small enough
 * for C2 to inline.
 */
final class StripProduct {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private StripProduct() {}

  /** One row and four vectors, added to what lies at {@code y}. */
  static void oneByFour(
      MemorySegment w, long at, int count, MemorySegment x, long xAt, MemorySegment y, long yAt) {
    FloatVector a = FloatVector.zero(Simd.FLOAT);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int k = 0; k < count; k++) {
      long in = xAt + w.get(INT, at + 8L * k);
      FloatVector weight = all(w.get(FLOAT, at + 8L * k + 4));
      a = load(x, in).fma(weight, a);
      b = load(x, in + STEP).fma(weight, b);
      c = load(x, in + 2 * STEP).fma(weight, c);
      d = load(x, in + 3 * STEP).fma(weight, d);
    }
    store(a.add(load(y, yAt)), y, yAt);
    store(b.add(load(y, yAt + STEP)), y, yAt + STEP);
    store(c.add(load(y, yAt + 2 * STEP)), y, yAt + 2 * STEP);
    store(d.add(load(y, yAt + 3 * STEP)), y, yAt + 3 * STEP);
  }

  /** One row and one vector. */
  static void oneByOne(
      MemorySegment w, long at, int count, MemorySegment x, long xAt, MemorySegment y, long yAt) {
    FloatVector a = FloatVector.zero(Simd.FLOAT);
    for (int k = 0; k < count; k++) {
      long in = xAt + w.get(INT, at + 8L * k);
      a = load(x, in).fma(all(w.get(FLOAT, at + 8L * k + 4)), a);
    }
    store(a.add(load(y, yAt)), y, yAt);
  }

  /** Four rows and two vectors. */
  static void fourByTwo(
      MemorySegment w,
      long at,
      int count,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      long yRow) {
    FloatVector a0 = FloatVector.zero(Simd.FLOAT);
    FloatVector a1 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector c0 = a0;
    FloatVector c1 = a0;
    FloatVector d0 = a0;
    FloatVector d1 = a0;
    for (int k = 0; k < count; k++) {
      long here = at + 20L * k;
      long in = xAt + w.get(INT, here);
      FloatVector x0 = load(x, in);
      FloatVector x1 = load(x, in + STEP);
      FloatVector weight = all(w.get(FLOAT, here + 4));
      a0 = x0.fma(weight, a0);
      a1 = x1.fma(weight, a1);
      weight = all(w.get(FLOAT, here + 8));
      b0 = x0.fma(weight, b0);
      b1 = x1.fma(weight, b1);
      weight = all(w.get(FLOAT, here + 12));
      c0 = x0.fma(weight, c0);
      c1 = x1.fma(weight, c1);
      weight = all(w.get(FLOAT, here + 16));
      d0 = x0.fma(weight, d0);
      d1 = x1.fma(weight, d1);
    }
    store(a0.add(load(y, yAt)), y, yAt);
    store(a1.add(load(y, yAt + STEP)), y, yAt + STEP);
    store(b0.add(load(y, yAt + yRow)), y, yAt + yRow);
    store(b1.add(load(y, yAt + yRow + STEP)), y, yAt + yRow + STEP);
    store(c0.add(load(y, yAt + 2 * yRow)), y, yAt + 2 * yRow);
    store(c1.add(load(y, yAt + 2 * yRow + STEP)), y, yAt + 2 * yRow + STEP);
    store(d0.add(load(y, yAt + 3 * yRow)), y, yAt + 3 * yRow);
    store(d1.add(load(y, yAt + 3 * yRow + STEP)), y, yAt + 3 * yRow + STEP);
  }

  /** Four rows and one vector. */
  static void fourByOne(
      MemorySegment w,
      long at,
      int count,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      long yRow) {
    FloatVector a = FloatVector.zero(Simd.FLOAT);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int k = 0; k < count; k++) {
      long here = at + 20L * k;
      FloatVector in = load(x, xAt + w.get(INT, here));
      a = in.fma(all(w.get(FLOAT, here + 4)), a);
      b = in.fma(all(w.get(FLOAT, here + 8)), b);
      c = in.fma(all(w.get(FLOAT, here + 12)), c);
      d = in.fma(all(w.get(FLOAT, here + 16)), d);
    }
    store(a.add(load(y, yAt)), y, yAt);
    store(b.add(load(y, yAt + yRow)), y, yAt + yRow);
    store(c.add(load(y, yAt + 2 * yRow)), y, yAt + 2 * yRow);
    store(d.add(load(y, yAt + 3 * yRow)), y, yAt + 3 * yRow);
  }

  /**
   * Biases, and what lies at {@code start} unless that is null, into a tile of the strip from
   * {@code firstRow} on.
   */
  static void begin(Strips w, int firstRow, Panel start, Panel y, int vectors) {
    for (int row = firstRow; row < firstRow + w.height; row++) {
      float bias = w.bias.get(FLOAT, 4L * row);
      for (int v = 0; v < vectors; v++) {
        FloatVector sum = all(bias);
        if (start != null) {
          sum = sum.add(load(start.memory(), start.at(row) + v * STEP));
        }
        store(sum, y.memory(), y.at(row) + v * STEP);
      }
    }
  }

  static void clamp(Bounds bounds, int rows, MemorySegment y, long yAt, long yRow, int vectors) {
    for (int row = 0; row < rows; row++) {
      for (int v = 0; v < vectors; v++) {
        long at = yAt + row * yRow + v * STEP;
        store(load(y, at), bounds, y, at);
      }
    }
  }
}
