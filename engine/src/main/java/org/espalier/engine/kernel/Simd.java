package org.espalier.engine.kernel;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** The vector shapes in use; loaded only once {@link Provider} knows that there are vectors. */
final class Simd {
  static final VectorSpecies<Float> FLOAT = species();
  static final VectorSpecies<Integer> INT = FLOAT.withLanes(int.class);
  static final int LANES = FLOAT.length();

  /** Bytes in a vector. */
  static final long STEP = 4L * LANES;

  private static final VectorShuffle<Float> BY_ONE = partners(1);
  private static final VectorShuffle<Float> BY_TWO = partners(2);
  private static final VectorShuffle<Float> BY_FOUR = partners(4);
  private static final VectorShuffle<Float> BY_EIGHT = partners(8);

  private Simd() {}

  /** This machine's, or of as many bytes as a property asks for. */
  private static VectorSpecies<Float> species() {
    Integer bytes = Integer.getInteger("espalier.vector.bytes");
    return bytes == null
        ? FloatVector.SPECIES_PREFERRED
        : VectorSpecies.of(float.class, VectorShape.forBitSize(8 * bytes));
  }

  private static VectorShuffle<Float> partners(int distance) {
    return VectorShuffle.fromOp(FLOAT, lane -> (lane ^ distance) & (LANES - 1));
  }

  /**
   * The sum of all lanes, always in the same order. {@code reduceLanes} leaves that to the
   * compiler, so that a run before it has come and one after would differ in the last bit.
   */
  static float sum(FloatVector lanes) {
    if (LANES > 16) {
      return lanes.reduceLanes(VectorOperators.ADD); // no such machine has been seen
    }
    FloatVector sum = lanes;
    if (LANES > 8) {
      sum = sum.add(sum.rearrange(BY_EIGHT));
    }
    if (LANES > 4) {
      sum = sum.add(sum.rearrange(BY_FOUR));
    }
    if (LANES > 2) {
      sum = sum.add(sum.rearrange(BY_TWO));
    }
    return sum.add(sum.rearrange(BY_ONE)).lane(0);
  }

  static FloatVector load(MemorySegment memory, long at) {
    return FloatVector.fromMemorySegment(FLOAT, memory, at, LITTLE_ENDIAN);
  }

  static FloatVector all(float value) {
    return FloatVector.broadcast(FLOAT, value);
  }

  /** Stores {@code value} clamped. Comparisons, not min and max: a NaN stays, and it's faster. */
  static void store(FloatVector value, Bounds bounds, MemorySegment memory, long at) {
    clamp(value, bounds).intoMemorySegment(memory, at, LITTLE_ENDIAN);
  }

  static void store(FloatVector value, MemorySegment memory, long at) {
    value.intoMemorySegment(memory, at, LITTLE_ENDIAN);
  }

  /** Stores only the first {@code count} lanes, fewer than all. */
  static void storeFirst(int count, FloatVector value, MemorySegment memory, long at) {
    value.intoMemorySegment(memory, at, LITTLE_ENDIAN, FLOAT.indexInRange(0, count));
  }

  static FloatVector clamp(FloatVector value, Bounds bounds) {
    FloatVector low = all(bounds.low());
    FloatVector high = all(bounds.high());
    FloatVector raised = value.blend(low, value.lt(low));
    return raised.blend(high, high.lt(raised));
  }
}
