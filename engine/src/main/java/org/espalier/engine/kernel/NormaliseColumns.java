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
import org.espalier.engine.kernel.Passes.Norm;

/**
 * Normalisation down columns, four vectors of them at a time, then one. The mean is found first and
 * squares are of what differs from it, so that nothing cancels.
 */
final class NormaliseColumns {
  private static final ValueLayout.OfFloat SCALAR =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private NormaliseColumns() {}

  static void run(
      Norm norm, int rows, int count, Panel x, MemorySegment s, long sAt, long bAt, Panel y) {
    float[] mean = new float[4 * LANES];
    float[] inverse = new float[4 * LANES];
    int i = 0;
    for (; i + 4 * LANES <= count; i += 4 * LANES) {
      Panel from = new Panel(x.memory(), x.at() + 4L * i, x.row());
      if (norm.centred()) {
        mean4(rows, from, mean);
      }
      squares4(rows, from, mean, inverse);
      finish(rows, norm.epsilon(), inverse);
      Panel to = new Panel(y.memory(), y.at() + 4L * i, y.row());
      write4(rows, from, mean, inverse, s, sAt, bAt, to);
    }
    for (; i < count; i += LANES) {
      Panel from = new Panel(x.memory(), x.at() + 4L * i, x.row());
      if (norm.centred()) {
        mean1(rows, from, mean);
      }
      squares1(rows, from, mean, inverse);
      finish(rows, norm.epsilon(), inverse);
      Panel to = new Panel(y.memory(), y.at() + 4L * i, y.row());
      write1(Math.min(LANES, count - i), rows, from, mean, inverse, s, sAt, bAt, to);
    }
  }

  private static void mean4(int rows, Panel from, float[] mean) {
    FloatVector m0 = FloatVector.zero(FLOAT);
    FloatVector m1 = m0;
    FloatVector m2 = m0;
    FloatVector m3 = m0;
    MemorySegment x = from.memory();
    long at = from.at();
    for (int row = 0; row < rows; row++, at += from.row()) {
      m0 = m0.add(load(x, at));
      m1 = m1.add(load(x, at + STEP));
      m2 = m2.add(load(x, at + 2 * STEP));
      m3 = m3.add(load(x, at + 3 * STEP));
    }
    float share = 1f / rows;
    m0.mul(share).intoArray(mean, 0);
    m1.mul(share).intoArray(mean, LANES);
    m2.mul(share).intoArray(mean, 2 * LANES);
    m3.mul(share).intoArray(mean, 3 * LANES);
  }

  private static void mean1(int rows, Panel from, float[] mean) {
    FloatVector sum = FloatVector.zero(FLOAT);
    MemorySegment x = from.memory();
    long at = from.at();
    for (int row = 0; row < rows; row++, at += from.row()) {
      sum = sum.add(load(x, at));
    }
    sum.mul(1f / rows).intoArray(mean, 0);
  }

  private static void squares4(int rows, Panel from, float[] mean, float[] sums) {
    FloatVector m0 = FloatVector.fromArray(FLOAT, mean, 0);
    FloatVector m1 = FloatVector.fromArray(FLOAT, mean, LANES);
    FloatVector m2 = FloatVector.fromArray(FLOAT, mean, 2 * LANES);
    FloatVector m3 = FloatVector.fromArray(FLOAT, mean, 3 * LANES);
    FloatVector s0 = FloatVector.zero(FLOAT);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    MemorySegment x = from.memory();
    long at = from.at();
    for (int row = 0; row < rows; row++, at += from.row()) {
      FloatVector d0 = load(x, at).sub(m0);
      FloatVector d1 = load(x, at + STEP).sub(m1);
      s0 = d0.fma(d0, s0);
      s1 = d1.fma(d1, s1);
      FloatVector d2 = load(x, at + 2 * STEP).sub(m2);
      FloatVector d3 = load(x, at + 3 * STEP).sub(m3);
      s2 = d2.fma(d2, s2);
      s3 = d3.fma(d3, s3);
    }
    s0.intoArray(sums, 0);
    s1.intoArray(sums, LANES);
    s2.intoArray(sums, 2 * LANES);
    s3.intoArray(sums, 3 * LANES);
  }

  private static void squares1(int rows, Panel from, float[] mean, float[] sums) {
    FloatVector m = FloatVector.fromArray(FLOAT, mean, 0);
    FloatVector sum = FloatVector.zero(FLOAT);
    MemorySegment x = from.memory();
    long at = from.at();
    for (int row = 0; row < rows; row++, at += from.row()) {
      FloatVector d = load(x, at).sub(m);
      sum = d.fma(d, sum);
    }
    sum.intoArray(sums, 0);
  }

  /** From the sums of squares to what the numbers are multiplied by. */
  private static void finish(int rows, float epsilon, float[] sums) {
    for (int k = 0; k < sums.length; k++) {
      sums[k] = (float) (1 / Math.sqrt(sums[k] / rows + epsilon));
    }
  }

  private static void write4(
      int rows,
      Panel from,
      float[] mean,
      float[] inverse,
      MemorySegment s,
      long sAt,
      long bAt,
      Panel target) {
    FloatVector m0 = FloatVector.fromArray(FLOAT, mean, 0);
    FloatVector m1 = FloatVector.fromArray(FLOAT, mean, LANES);
    FloatVector m2 = FloatVector.fromArray(FLOAT, mean, 2 * LANES);
    FloatVector m3 = FloatVector.fromArray(FLOAT, mean, 3 * LANES);
    FloatVector i0 = FloatVector.fromArray(FLOAT, inverse, 0);
    FloatVector i1 = FloatVector.fromArray(FLOAT, inverse, LANES);
    FloatVector i2 = FloatVector.fromArray(FLOAT, inverse, 2 * LANES);
    FloatVector i3 = FloatVector.fromArray(FLOAT, inverse, 3 * LANES);
    MemorySegment x = from.memory();
    MemorySegment y = target.memory();
    long at = from.at();
    long to = target.at();
    for (int row = 0; row < rows; row++, at += from.row(), to += target.row()) {
      FloatVector scale = all(s.get(SCALAR, sAt + 4L * row));
      FloatVector shift = all(bAt < 0 ? 0 : s.get(SCALAR, bAt + 4L * row));
      store(load(x, at).sub(m0).mul(i0).fma(scale, shift), y, to);
      store(load(x, at + STEP).sub(m1).mul(i1).fma(scale, shift), y, to + STEP);
      store(load(x, at + 2 * STEP).sub(m2).mul(i2).fma(scale, shift), y, to + 2 * STEP);
      store(load(x, at + 3 * STEP).sub(m3).mul(i3).fma(scale, shift), y, to + 3 * STEP);
    }
  }

  private static void write1(
      int lanes,
      int rows,
      Panel from,
      float[] mean,
      float[] inverse,
      MemorySegment s,
      long sAt,
      long bAt,
      Panel target) {
    FloatVector m = FloatVector.fromArray(FLOAT, mean, 0);
    FloatVector i = FloatVector.fromArray(FLOAT, inverse, 0);
    MemorySegment x = from.memory();
    MemorySegment y = target.memory();
    long at = from.at();
    long to = target.at();
    for (int row = 0; row < rows; row++, at += from.row(), to += target.row()) {
      FloatVector scale = all(s.get(SCALAR, sAt + 4L * row));
      FloatVector shift = all(bAt < 0 ? 0 : s.get(SCALAR, bAt + 4L * row));
      Simd.storeFirst(lanes, load(x, at).sub(m).mul(i).fma(scale, shift), y, to);
    }
  }
}
