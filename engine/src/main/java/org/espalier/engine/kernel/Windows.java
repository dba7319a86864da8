package org.espalier.engine.kernel;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.espalier.engine.kernel.Simd.FLOAT;
import static org.espalier.engine.kernel.Simd.INT;
import static org.espalier.engine.kernel.Simd.LANES;
import static org.espalier.engine.kernel.Simd.STEP;
import static org.espalier.engine.kernel.Simd.load;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * The largest, or the scaled sum, of neighbouring windows of a channel, a vector of windows at a
 * time. At a stride of 2, every second number of two vectors is one permutation.
 */
final class Windows {
  private static final IntVector EVEN = IntVector.zero(INT).addIndex(2);

  private Windows() {}

  static void max(int rows, int taps, int stride, Panel x, MemorySegment y, long yAt, int count) {
    for (int p = 0; p < count; p += LANES) {
      FloatVector best = FloatVector.broadcast(FLOAT, Float.NEGATIVE_INFINITY);
      for (int row = 0; row < rows; row++) {
        long at = x.at(row) + 4L * p * stride;
        for (int tap = 0; tap < taps; tap++) {
          best =
              best.max(
                  stride == 1 ? load(x.memory(), at + 4L * tap) : even(x.memory(), at + 4L * tap));
        }
      }
      put(best, y, yAt + 4L * p, count - p);
    }
  }

  static void mean(
      int rows, int taps, int stride, Panel x, MemorySegment y, long yAt, int count, float scale) {
    for (int p = 0; p < count; p += LANES) {
      FloatVector sum = FloatVector.zero(FLOAT);
      for (int row = 0; row < rows; row++) {
        long at = x.at(row) + 4L * p * stride;
        for (int tap = 0; tap < taps; tap++) {
          sum =
              sum.add(
                  stride == 1 ? load(x.memory(), at + 4L * tap) : even(x.memory(), at + 4L * tap));
        }
      }
      put(sum.mul(scale), y, yAt + 4L * p, count - p);
    }
  }

  private static FloatVector even(MemorySegment x, long at) {
    IntVector left = load(x, at).reinterpretAsInts();
    IntVector right = load(x, at + STEP).reinterpretAsInts();
    return EVEN.selectFrom(left, right).reinterpretAsFloats();
  }

  private static void put(FloatVector value, MemorySegment y, long at, int left) {
    if (left >= LANES) {
      value.intoMemorySegment(y, at, LITTLE_ENDIAN);
    } else {
      VectorMask<Float> mask = FLOAT.indexInRange(0, left);
      value.intoMemorySegment(y, at, LITTLE_ENDIAN, mask);
    }
  }
}
