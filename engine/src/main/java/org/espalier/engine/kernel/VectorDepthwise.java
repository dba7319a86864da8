package org.espalier.engine.kernel;

import static org.espalier.engine.kernel.Simd.FLOAT;
import static org.espalier.engine.kernel.Simd.LANES;
import static org.espalier.engine.kernel.Simd.STEP;
import static org.espalier.engine.kernel.Simd.all;
import static org.espalier.engine.kernel.Simd.load;
import static org.espalier.engine.kernel.Simd.store;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import org.espalier.engine.kernel.window.Flat;

/** {@link Depthwise} on the Vector API. */
class VectorDepthwise implements Depthwise {
  private static final ValueLayout.OfFloat NUMBER =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(FLOAT, i -> 2 * i % LANES);
  private static final VectorShuffle<Float> ODD =
      VectorShuffle.fromOp(FLOAT, i -> (2 * i + 1) % LANES);
  private static final VectorMask<Float> UPPER = FLOAT.indexInRange(-LANES / 2, LANES / 2);

  @Override
  public void spread(
      Strip strip, int rows, int width, MemorySegment x, long xAt, MemorySegment s, long sAt) {
    for (int row = 0; row < rows; row++) {
      long from = xAt + 4L * row * width;
      long to = sAt + row * strip.row();
      if (strip.phases() == 1) {
        long at = to + 4L * strip.left();
        zeros(s, to, strip.left());
        copy(width, x, from, s, at);
        zeros(s, at + 4L * width, strip.columns() - strip.left() - width);
      } else {
        zeros(s, to, (strip.left() + 1) / 2);
        zeros(s, to + strip.phase(), (strip.left() + 1) / 2);
        split(
            width,
            x,
            from,
            s,
            to + strip.column(strip.left()),
            to + strip.column(strip.left() + 1));
        int end = strip.left() + width;
        int right = (strip.columns() - end + 1) / 2;
        zeros(s, to + strip.column(end), right);
        zeros(s, to + strip.column(end + 1), right);
      }
    }
  }

  /** Zeros to {@code count} floats, in whole vectors. */
  private static void zeros(MemorySegment s, long at, int count) {
    for (int i = 0; i < count; i += LANES) {
      store(FloatVector.zero(FLOAT), s, at + 4L * i);
    }
  }

  private static void copy(int count, MemorySegment x, long xAt, MemorySegment s, long sAt) {
    for (long i = 0; i < 4L * count; i += STEP) {
      store(load(x, xAt + i), s, sAt + i);
    }
  }

  /** Floats 0, 2, 4 ... of {@code count} to one place, the others to another. */
  private static void split(
      int count, MemorySegment x, long xAt, MemorySegment s, long evenAt, long oddAt) {
    for (long i = 0; i < 2L * count; i += STEP) {
      FloatVector a = load(x, xAt + 2 * i);
      FloatVector b = load(x, xAt + 2 * i + STEP);
      store(a.rearrange(EVEN).blend(b.rearrange(EVEN), UPPER), s, evenAt + i);
      store(a.rearrange(ODD).blend(b.rearrange(ODD), UPPER), s, oddAt + i);
    }
  }

  @Override
  public void convolve(
      int[] offsets,
      float[] w,
      int wAt,
      float bias,
      Panel s,
      MemorySegment y,
      long yAt,
      int rows,
      int columns,
      Bounds bounds) {
    long width = 4L * columns;
    if (rows < 4) {
      for (int row = 0; row < rows; row++) {
        one(offsets, w, wAt, bias, s.memory(), s.at(row), y, yAt + row * width, columns, bounds);
      }
      return;
    }
    // Blocks of four rows, the last of which may do some rows again.
    for (int block = 0; block < rows; block += 4) {
      int row = Math.min(block, rows - 4);
      long from = s.at(row);
      long to = yAt + row * width;
      four(offsets, w, wAt, bias, s.memory(), from, s.row(), y, to, columns, bounds);
    }
  }

  private static void one(
      int[] offsets,
      float[] w,
      int wAt,
      float bias,
      MemorySegment s,
      long sAt,
      MemorySegment y,
      long yAt,
      int columns,
      Bounds bounds) {
    for (int column = 0; column < columns; column += LANES) {
      long at = 4L * Math.max(0, Math.min(column, columns - LANES));
      FloatVector sum = all(bias);
      for (int k = 0; k < offsets.length; k++) {
        sum = load(s, sAt + at + offsets[k]).fma(all(w[wAt + k]), sum);
      }
      store(sum, bounds, y, yAt + at);
    }
  }

  /** Four rows at a time, for the latency of a multiply-add. */
  private static void four(
      int[] offsets,
      float[] w,
      int wAt,
      float bias,
      MemorySegment s,
      long sAt,
      long sRow,
      MemorySegment y,
      long yAt,
      int columns,
      Bounds bounds) {
    long width = 4L * columns;
    for (int column = 0; column < columns; column += LANES) {
      long at = 4L * Math.max(0, Math.min(column, columns - LANES));
      FloatVector a = all(bias);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      for (int k = 0; k < offsets.length; k++) {
        long from = sAt + at + offsets[k];
        FloatVector weight = all(w[wAt + k]);
        a = load(s, from).fma(weight, a);
        b = load(s, from + sRow).fma(weight, b);
        c = load(s, from + 2 * sRow).fma(weight, c);
        d = load(s, from + 3 * sRow).fma(weight, d);
      }
      long to = yAt + at;
      store(a, bounds, y, to);
      store(b, bounds, y, to + width);
      store(c, bounds, y, to + 2 * width);
      store(d, bounds, y, to + 3 * width);
    }
  }

  @Override
  public void reduce(
      boolean largest, Panel x, int pixels, int planes, MemorySegment y, long yAt, float scale) {
    FloatVector none = all(largest ? Flat.LOWEST : 0);
    VectorMask<Float> inside = FLOAT.indexInRange(0, pixels % LANES);
    int whole = pixels - pixels % LANES;
    for (int plane = 0; plane < planes; plane++) {
      long at = x.at(plane);
      FloatVector all = none;
      for (int p = 0; p < whole; p += LANES) {
        FloatVector v = load(x.memory(), at + 4L * p);
        all = largest ? all.blend(v, all.lt(v)) : all.add(v);
      }
      if (whole < pixels) {
        FloatVector v = none.blend(load(x.memory(), at + 4L * whole), inside);
        all = largest ? all.blend(v, all.lt(v)) : all.add(v);
      }
      float result = largest ? all.reduceLanes(VectorOperators.MAX) : Simd.sum(all) * scale;
      y.set(NUMBER, yAt + 4L * plane, result);
    }
  }
}
