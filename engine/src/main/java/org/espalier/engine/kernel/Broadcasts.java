package org.espalier.engine.kernel;

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

/** Arithmetic on two runs, either of which may be one number for all. */
final class Broadcasts {
  private static final ValueLayout.OfFloat SCALAR =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Broadcasts() {}

  static void combine(
      Kernels.Combine op,
      MemorySegment a,
      long aAt,
      long aStep,
      MemorySegment b,
      long bAt,
      long bStep,
      MemorySegment y,
      long yAt,
      long count) {
    long whole = count / LANES * STEP;
    int rest = (int) (count % LANES);
    if (aStep == 0) {
      FloatVector left = all(a.get(SCALAR, aAt));
      for (long i = 0; i < whole; i += STEP) {
        store(combine(op, left, load(b, bAt + i)), y, yAt + i);
      }
      if (rest != 0) {
        storeFirst(rest, combine(op, left, load(b, bAt + whole)), y, yAt + whole);
      }
    } else if (bStep == 0) {
      FloatVector right = all(b.get(SCALAR, bAt));
      for (long i = 0; i < whole; i += STEP) {
        store(combine(op, load(a, aAt + i), right), y, yAt + i);
      }
      if (rest != 0) {
        storeFirst(rest, combine(op, load(a, aAt + whole), right), y, yAt + whole);
      }
    } else {
      for (long i = 0; i < whole; i += STEP) {
        store(combine(op, load(a, aAt + i), load(b, bAt + i)), y, yAt + i);
      }
      if (rest != 0) {
        FloatVector last = combine(op, load(a, aAt + whole), load(b, bAt + whole));
        storeFirst(rest, last, y, yAt + whole);
      }
    }
  }

  private static FloatVector combine(Kernels.Combine op, FloatVector a, FloatVector b) {
    return switch (op) {
      case ADD -> a.add(b);
      case SUB -> a.sub(b);
      case MUL -> a.mul(b);
      case DIV -> a.div(b);
      case MAX -> a.max(b);
      case MIN -> a.min(b);
      case POW -> a.lanewise(VectorOperators.POW, b);
    };
  }
}
