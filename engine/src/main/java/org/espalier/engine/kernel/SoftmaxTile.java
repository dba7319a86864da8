package org.espalier.engine.kernel;

import static org.espalier.engine.kernel.Simd.FLOAT;
import static org.espalier.engine.kernel.Simd.LANES;
import static org.espalier.engine.kernel.Simd.STEP;
import static org.espalier.engine.kernel.Simd.all;
import static org.espalier.engine.kernel.Simd.load;
import static org.espalier.engine.kernel.Simd.store;
import static org.espalier.engine.kernel.Simd.storeFirst;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.espalier.engine.kernel.Passes.Mask;

/** Softmax down the columns of a tile that stays in the first-level cache. */
final class SoftmaxTile {
  private static final ValueLayout.OfFloat SCALAR =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private SoftmaxTile() {}

  static void run(
      int rows, Panel x, float scale, Mask mask, MemorySegment inverse, long inverseAt) {
    MemorySegment m = x.memory();
    long pitch = x.row();
    for (long v = 0; v < Kernels.TILE * STEP; v += STEP) {
      long at = x.at() + v;
      FloatVector max;
      if (mask.memory() == null) {
        max = largest(rows, m, at, pitch, scale);
      } else if (mask.step() == 0) {
        max = keys(rows, m, at, pitch, scale, mask);
      } else if (mask.replaces()) {
        max = replaced(rows, m, at, pitch, scale, mask, v);
      } else {
        max = added(rows, m, at, pitch, scale, mask, v);
      }
      FloatVector sum = exponentials(rows, m, at, pitch, max);
      store(all(1).div(sum), inverse, inverseAt + v);
    }
  }

  private static FloatVector larger(FloatVector max, FloatVector v) {
    return max.blend(v, v.compare(VectorOperators.GT, max));
  }

  /** Scales, and finds the largest; a NaN shows in the sum of the exponentials. */
  private static FloatVector largest(
      int rows, MemorySegment x, long xAt, long xPitch, float scale) {
    FloatVector max = all(Float.NEGATIVE_INFINITY);
    long at = xAt;
    for (int row = 0; row < rows; row++, at += xPitch) {
      FloatVector v = load(x, at).mul(scale);
      store(v, x, at);
      max = larger(max, v);
    }
    return max;
  }

  private static FloatVector keys(
      int rows, MemorySegment x, long xAt, long xPitch, float scale, Mask mask) {
    FloatVector max = all(Float.NEGATIVE_INFINITY);
    MemorySegment m = mask.memory();
    long from = mask.at();
    long pitch = mask.pitch();
    long at = xAt;
    for (int row = 0; row < rows; row++, at += xPitch, from += pitch) {
      FloatVector v = load(x, at).fma(all(scale), all(m.get(SCALAR, from)));
      store(v, x, at);
      max = larger(max, v);
    }
    return max;
  }

  private static FloatVector added(
      int rows, MemorySegment x, long xAt, long xPitch, float scale, Mask mask, long offset) {
    FloatVector max = all(Float.NEGATIVE_INFINITY);
    MemorySegment m = mask.memory();
    long from = mask.at() + offset;
    long pitch = mask.pitch();
    long at = xAt;
    for (int row = 0; row < rows; row++, at += xPitch, from += pitch) {
      FloatVector v = load(x, at).fma(all(scale), load(m, from));
      store(v, x, at);
      max = larger(max, v);
    }
    return max;
  }

  private static FloatVector replaced(
      int rows, MemorySegment x, long xAt, long xPitch, float scale, Mask mask, long offset) {
    FloatVector max = all(Float.NEGATIVE_INFINITY);
    MemorySegment m = mask.memory();
    long from = mask.at() + offset;
    long pitch = mask.pitch();
    long at = xAt;
    for (int row = 0; row < rows; row++, at += xPitch, from += pitch) {
      FloatVector masked = load(m, from);
      FloatVector v = masked.blend(load(x, at).mul(scale), masked.eq(0));
      store(v, x, at);
      max = larger(max, v);
    }
    return max;
  }

  /** Infinite less infinite is NaN, as in a row that is masked as a whole. */
  private static FloatVector exponentials(
      int rows, MemorySegment x, long xAt, long xPitch, FloatVector max) {
    FloatVector sum = FloatVector.zero(FLOAT);
    long at = xAt;
    for (int row = 0; row < rows; row++, at += xPitch) {
      FloatVector e = Exponential.expOfNegative(load(x, at).sub(max));
      store(e, x, at);
      sum = sum.add(e);
    }
    return sum;
  }

  static void scale(int rows, int count, Panel x, MemorySegment factor, long factorAt, Panel y) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector f = load(factor, factorAt + 4L * i);
      long at = x.at() + 4L * i;
      long to = y.at() + 4L * i;
      if (i + LANES <= count) {
        for (int row = 0; row < rows; row++, at += x.row(), to += y.row()) {
          store(load(x.memory(), at).mul(f), y.memory(), to);
        }
      } else {
        for (int row = 0; row < rows; row++, at += x.row(), to += y.row()) {
          storeFirst(count - i, load(x.memory(), at).mul(f), y.memory(), to);
        }
      }
    }
  }
}
