package org.espalier.engine.kernel;

import static org.espalier.engine.kernel.Simd.FLOAT;
import static org.espalier.engine.kernel.Simd.LANES;
import static org.espalier.engine.kernel.Simd.STEP;
import static org.espalier.engine.kernel.Simd.all;
import static org.espalier.engine.kernel.Simd.load;
import static org.espalier.engine.kernel.Simd.store;
import static org.espalier.engine.kernel.Simd.storeFirst;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.espalier.engine.kernel.Passes.Norm;

/** Sums, norms and softmax of numbers that lie next to each other. */
final class Rowwise {
  private Rowwise() {}

  private static VectorMask<Float> rest(int count) {
    return FLOAT.indexInRange(0, count % LANES);
  }

  private static long whole(int count) {
    return count / LANES * STEP;
  }

  static void normalise(
      Norm norm,
      int count,
      MemorySegment x,
      long xAt,
      MemorySegment s,
      long sAt,
      long bAt,
      MemorySegment y,
      long yAt) {
    float mean = norm.centred() ? sum(count, x, xAt) / count : 0;
    double squares = squares(count, x, xAt, mean);
    float inverse = (float) (1 / Math.sqrt(squares / count + norm.epsilon()));
    long whole = whole(count);
    for (long i = 0; i < whole; i += STEP) {
      FloatVector shift = bAt < 0 ? all(0) : load(s, bAt + i);
      store(load(x, xAt + i).sub(mean).mul(inverse).fma(load(s, sAt + i), shift), y, yAt + i);
    }
    if (count % LANES != 0) {
      FloatVector shift = bAt < 0 ? all(0) : load(s, bAt + whole);
      FloatVector v = load(x, xAt + whole).sub(mean).mul(inverse);
      storeFirst(count % LANES, v.fma(load(s, sAt + whole), shift), y, yAt + whole);
    }
  }

  static float sum(int count, MemorySegment x, long xAt) {
    FloatVector sum = FloatVector.zero(FLOAT);
    long whole = whole(count);
    for (long i = 0; i < whole; i += STEP) {
      sum = sum.add(load(x, xAt + i));
    }
    if (count % LANES != 0) {
      sum = sum.add(all(0).blend(load(x, xAt + whole), rest(count)));
    }
    return Simd.sum(sum);
  }

  private static float squares(int count, MemorySegment x, long xAt, float mean) {
    FloatVector sum = FloatVector.zero(FLOAT);
    long whole = whole(count);
    for (long i = 0; i < whole; i += STEP) {
      FloatVector d = load(x, xAt + i).sub(mean);
      sum = d.fma(d, sum);
    }
    if (count % LANES != 0) {
      FloatVector d = all(0).blend(load(x, xAt + whole).sub(mean), rest(count));
      sum = d.fma(d, sum);
    }
    return Simd.sum(sum);
  }

  /** The largest number; NaN where there is one. */
  static float max(int count, MemorySegment x, long xAt) {
    FloatVector max = all(Float.NEGATIVE_INFINITY);
    FloatVector nan = max;
    long whole = whole(count);
    for (long i = 0; i < whole; i += STEP) {
      FloatVector v = load(x, xAt + i);
      max = max.blend(v, v.compare(VectorOperators.GT, max));
      nan = nan.blend(v, v.test(VectorOperators.IS_NAN));
    }
    if (count % LANES != 0) {
      VectorMask<Float> rest = rest(count);
      FloatVector v = load(x, xAt + whole);
      max = max.blend(v, v.compare(VectorOperators.GT, max).and(rest));
      nan = nan.blend(v, v.test(VectorOperators.IS_NAN).and(rest));
    }
    return nan.test(VectorOperators.IS_NAN).anyTrue()
        ? Float.NaN
        : max.reduceLanes(VectorOperators.MAX);
  }

  static void softmax(int count, MemorySegment x, long xAt, MemorySegment y, long yAt) {
    FloatVector max = all(max(count, x, xAt));
    FloatVector sum = FloatVector.zero(FLOAT);
    long whole = whole(count);
    for (long i = 0; i < whole; i += STEP) {
      FloatVector e = Exponential.expOfNegative(load(x, xAt + i).sub(max));
      sum = sum.add(e);
      store(e, y, yAt + i);
    }
    if (count % LANES != 0) {
      FloatVector e = Exponential.expOfNegative(load(x, xAt + whole).sub(max));
      sum = sum.add(all(0).blend(e, rest(count)));
      storeFirst(count % LANES, e, y, yAt + whole);
    }
    float inverse = 1 / Simd.sum(sum);
    for (long i = 0; i < whole; i += STEP) {
      store(load(y, yAt + i).mul(inverse), y, yAt + i);
    }
    if (count % LANES != 0) {
      storeFirst(count % LANES, load(y, yAt + whole).mul(inverse), y, yAt + whole);
    }
  }

  static void logSoftmax(int count, MemorySegment x, long xAt, MemorySegment y, long yAt) {
    FloatVector max = all(max(count, x, xAt));
    FloatVector sum = FloatVector.zero(FLOAT);
    long whole = whole(count);
    for (long i = 0; i < whole; i += STEP) {
      sum = sum.add(Exponential.expOfNegative(load(x, xAt + i).sub(max)));
    }
    if (count % LANES != 0) {
      FloatVector e = Exponential.expOfNegative(load(x, xAt + whole).sub(max));
      sum = sum.add(all(0).blend(e, rest(count)));
    }
    float log = (float) Math.log(Simd.sum(sum));
    for (long i = 0; i < whole; i += STEP) {
      store(load(x, xAt + i).sub(max).sub(log), y, yAt + i);
    }
    if (count % LANES != 0) {
      FloatVector v = load(x, xAt + whole).sub(max).sub(log);
      v.intoMemorySegment(y, yAt + whole, ByteOrder.LITTLE_ENDIAN, rest(count));
    }
  }
}
