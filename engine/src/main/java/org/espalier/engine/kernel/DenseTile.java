package org.espalier.engine.kernel;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.espalier.engine.kernel.Simd.FLOAT;
import static org.espalier.engine.kernel.Simd.STEP;
import static org.espalier.engine.kernel.Simd.all;
import static org.espalier.engine.kernel.Simd.load;
import static org.espalier.engine.kernel.Simd.store;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * A dense product of four rows, or one, and a tile of four vectors, kept in sixteen registers.
 * Machines with only sixteen (AVX2) spill; the vectors are narrower there, so a tile is half as
 * wide.
 */
final class DenseTile {
  private static final ValueLayout.OfFloat SCALAR =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private DenseTile() {}

  /**
   * The sums alone, from zero. C2 stops inlining at 18,000 nodes, of which each access to memory
   * takes hundreds: what they start from is added by {@link #finish}.
   */
  static void four(
      int depth,
      Kernels.Operand left,
      long aAt,
      Panel right,
      MemorySegment c,
      long cAt,
      long cRow) {
    MemorySegment b = right.memory();
    long bRow = right.row();
    MemorySegment a = left.memory();
    long aRow = left.row();
    long aStep = left.step();
    FloatVector c00 = FloatVector.zero(FLOAT);
    FloatVector c01 = c00;
    FloatVector c02 = c00;
    FloatVector c03 = c00;
    FloatVector c10 = c00;
    FloatVector c11 = c00;
    FloatVector c12 = c00;
    FloatVector c13 = c00;
    FloatVector c20 = c00;
    FloatVector c21 = c00;
    FloatVector c22 = c00;
    FloatVector c23 = c00;
    FloatVector c30 = c00;
    FloatVector c31 = c00;
    FloatVector c32 = c00;
    FloatVector c33 = c00;
    long at = aAt;
    long row = right.at();
    for (int k = 0; k < depth; k++, at += aStep, row += bRow) {
      FloatVector b0 = load(b, row);
      FloatVector b1 = load(b, row + STEP);
      FloatVector b2 = load(b, row + 2 * STEP);
      FloatVector b3 = load(b, row + 3 * STEP);
      FloatVector w = all(a.get(SCALAR, at));
      c00 = b0.fma(w, c00);
      c01 = b1.fma(w, c01);
      c02 = b2.fma(w, c02);
      c03 = b3.fma(w, c03);
      w = all(a.get(SCALAR, at + aRow));
      c10 = b0.fma(w, c10);
      c11 = b1.fma(w, c11);
      c12 = b2.fma(w, c12);
      c13 = b3.fma(w, c13);
      w = all(a.get(SCALAR, at + 2 * aRow));
      c20 = b0.fma(w, c20);
      c21 = b1.fma(w, c21);
      c22 = b2.fma(w, c22);
      c23 = b3.fma(w, c23);
      w = all(a.get(SCALAR, at + 3 * aRow));
      c30 = b0.fma(w, c30);
      c31 = b1.fma(w, c31);
      c32 = b2.fma(w, c32);
      c33 = b3.fma(w, c33);
    }
    store(c00, c, cAt);
    store(c01, c, cAt + STEP);
    store(c02, c, cAt + 2 * STEP);
    store(c03, c, cAt + 3 * STEP);
    store(c10, c, cAt + cRow);
    store(c11, c, cAt + cRow + STEP);
    store(c12, c, cAt + cRow + 2 * STEP);
    store(c13, c, cAt + cRow + 3 * STEP);
    store(c20, c, cAt + 2 * cRow);
    store(c21, c, cAt + 2 * cRow + STEP);
    store(c22, c, cAt + 2 * cRow + 2 * STEP);
    store(c23, c, cAt + 2 * cRow + 3 * STEP);
    store(c30, c, cAt + 3 * cRow);
    store(c31, c, cAt + 3 * cRow + STEP);
    store(c32, c, cAt + 3 * cRow + 2 * STEP);
    store(c33, c, cAt + 3 * cRow + 3 * STEP);
  }

  /** One row in place of four. */
  static void one(
      int depth, Kernels.Operand left, long aAt, Panel right, MemorySegment c, long cAt) {
    MemorySegment b = right.memory();
    long bRow = right.row();
    MemorySegment a = left.memory();
    long aStep = left.step();
    FloatVector c0 = FloatVector.zero(FLOAT);
    FloatVector c1 = c0;
    FloatVector c2 = c0;
    FloatVector c3 = c0;
    long at = aAt;
    long row = right.at();
    for (int k = 0; k < depth; k++, at += aStep, row += bRow) {
      FloatVector w = all(a.get(SCALAR, at));
      c0 = load(b, row).fma(w, c0);
      c1 = load(b, row + STEP).fma(w, c1);
      c2 = load(b, row + 2 * STEP).fma(w, c2);
      c3 = load(b, row + 3 * STEP).fma(w, c3);
    }
    store(c0, c, cAt);
    store(c1, c, cAt + STEP);
    store(c2, c, cAt + 2 * STEP);
    store(c3, c, cAt + 3 * STEP);
  }

  /** Adds what sums start from, unless that is null, and clamps them. */
  static void finish(
      int rows,
      Kernels.Start start,
      int firstRow,
      MemorySegment c,
      long cAt,
      long cRow,
      Bounds bounds) {
    if (start == null && bounds.isNone()) {
      return;
    }
    for (int row = 0; row < rows; row++) {
      long at = cAt + row * cRow;
      for (int v = 0; v < Kernels.TILE; v++) {
        FloatVector sum = load(c, at + v * STEP);
        if (start != null) {
          long from = start.at() + (firstRow + row) * start.row() + v * start.step();
          sum = sum.add(load(start.memory(), from));
        }
        store(sum, bounds, c, at + v * STEP);
      }
    }
  }
}
