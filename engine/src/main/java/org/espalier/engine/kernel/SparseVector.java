package org.espalier.engine.kernel;

import static org.espalier.engine.kernel.Simd.FLOAT;
import static org.espalier.engine.kernel.Simd.INT;
import static org.espalier.engine.kernel.Simd.LANES;
import static org.espalier.engine.kernel.Simd.STEP;
import static org.espalier.engine.kernel.Simd.load;
import static org.espalier.engine.kernel.Simd.store;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Sparse matrix times one vector, inputs picked from registers; see {@link LanePacked}. A sum is
 * one of shorter sums, whose rounding is less and which don't wait for each other.
 */
final class SparseVector {
  /** Windows of a sum. */
  private static final int WINDOWS = 8;

  private SparseVector() {}

  static void multiply(
      LanePacked w,
      int from,
      int to,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      Bounds bounds) {
    assert w.lanes == LANES : w.lanes + " lanes packed, " + LANES + " here";
    int[] starts = w.starts;
    int[] columns = w.columns;
    float[] values = w.values;
    int windows = w.windows;
    for (int slice = from; slice < to; slice++) {
      FloatVector total = FloatVector.fromArray(FLOAT, w.bias, slice * LANES);
      for (int first = 0; first < windows; first += WINDOWS) {
        FloatVector sum = FloatVector.zero(FLOAT);
        int last = Math.min(windows, first + WINDOWS);
        for (int window = first; window < last; window++) {
          // A permutation of floats would convert its indices; one of their bits does not.
          long at = xAt + window * 2L * STEP;
          IntVector left = load(x, at).reinterpretAsInts();
          IntVector right = load(x, at + STEP).reinterpretAsInts();
          int cell = slice * windows + window;
          int end = starts[cell + 1] * LANES;
          for (int k = starts[cell] * LANES; k < end; k += LANES) {
            FloatVector picked =
                IntVector.fromArray(INT, columns, k).selectFrom(left, right).reinterpretAsFloats();
            sum = picked.fma(FloatVector.fromArray(FLOAT, values, k), sum);
          }
        }
        total = total.add(sum);
      }
      store(total, bounds, y, yAt + slice * STEP);
    }
  }
}
