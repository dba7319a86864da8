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
import jdk.incubator.vector.VectorShuffle;

/** Masked copies of rows, whole or every second number, on the Vector API. */
final class Packing {
  private static final VectorShuffle<Float> EVEN = VectorShuffle.makeUnzip(FLOAT, 0);

  private Packing() {}

  static void row(
      MemorySegment x, long in, MemorySegment y, long out, MemorySegment mask, long at, int width) {
    for (int p = 0; p < width; p += LANES) {
      keep(load(x, in + 4L * p), y, out + 4L * p, mask, at + 4L * p);
    }
  }

  static void everySecond(
      MemorySegment x, long in, MemorySegment y, long out, MemorySegment mask, long at, int width) {
    for (int p = 0; p < width; p += LANES) {
      FloatVector left = load(x, in + 8L * p);
      FloatVector right = load(x, in + 8L * p + STEP);
      keep(left.rearrange(EVEN, right), y, out + 4L * p, mask, at + 4L * p);
    }
  }

  private static void keep(
      FloatVector value, MemorySegment y, long out, MemorySegment mask, long at) {
    IntVector bits = IntVector.fromMemorySegment(INT, mask, at, LITTLE_ENDIAN);
    value.reinterpretAsInts().and(bits).intoMemorySegment(y, out, LITTLE_ENDIAN);
  }
}
