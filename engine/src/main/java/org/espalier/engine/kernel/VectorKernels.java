package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;

/** Kernels on the JDK's Vector API, at the width that the machine prefers. */
final class VectorKernels implements Kernels {
  private final Depthwise depthwise = new VectorDepthwise();
  private final Passes passes = new VectorPasses();

  @Override
  public String name() {
    return "Vector API, " + Simd.FLOAT.vectorBitSize() + " bits";
  }

  @Override
  public int lanes() {
    return Simd.LANES;
  }

  @Override
  public Passes passes() {
    return passes;
  }

  @Override
  public void sparsePanel(
      SparseRows w,
      int from,
      int to,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      long yRow,
      int vectors,
      Bounds bounds) {
    SparsePanel.any(w, from, to, x, xAt, y, yAt, yRow, vectors, bounds);
  }

  @Override
  public void sparseVector(
      LanePacked w,
      int from,
      int to,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      Bounds bounds) {
    SparseVector.multiply(w, from, to, x, xAt, y, yAt, bounds);
  }

  @Override
  public void denseTile(
      int rows,
      Operand a,
      MemorySegment b,
      long bAt,
      int[] bOffsets,
      Start start,
      MemorySegment c,
      long cAt,
      long cRow,
      Bounds bounds) {
    int row = 0;
    for (; row + 4 <= rows; row += 4) {
      long aAt = a.at() + row * a.row();
      long startAt = start.at() + row * start.row();
      long at = cAt + row * cRow;
      DenseTile.four(a, aAt, b, bAt, bOffsets, c, at, cRow);
      DenseTile.finish(start, startAt, c, at, cRow, bounds);
    }
    for (; row < rows; row++) {
      long aAt = a.at() + row * a.row();
      long startAt = start.at() + row * start.row();
      DenseTile.one(a, aAt, b, bAt, bOffsets, start, startAt, c, cAt + row * cRow, bounds);
    }
  }

  @Override
  public void curve(Curve curve, MemorySegment x, long xAt, MemorySegment y, long yAt, long count) {
    switch (curve) {
      case SIGMOID -> Elementwise.sigmoid(x, xAt, y, yAt, count);
      case TANH -> Elementwise.tanh(x, xAt, y, yAt, count);
      case SILU -> Elementwise.silu(x, xAt, y, yAt, count);
      case HARD_SWISH -> Elementwise.hardSwish(x, xAt, y, yAt, count);
      case GELU -> Elementwise.gelu(x, xAt, y, yAt, count);
      case GELU_TANH -> Elementwise.geluTanh(x, xAt, y, yAt, count);
      default -> Elementwise.function(curve, x, xAt, y, yAt, count);
    }
  }

  @Override
  public void combine(
      Combine op,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment y,
      long yAt,
      long count,
      Bounds bounds) {
    Elementwise.combine(op, a, aAt, b, bAt, y, yAt, count, bounds);
  }

  @Override
  public void affine(
      float scale,
      float shift,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      long count,
      Bounds bounds) {
    Elementwise.affine(scale, shift, x, xAt, y, yAt, count, bounds);
  }

  @Override
  public void compact(
      int rows,
      int width,
      MemorySegment x,
      long xAt,
      long xRow,
      MemorySegment y,
      long yAt,
      long yRow,
      MemorySegment r,
      long rAt,
      Bounds bounds) {
    Elementwise.compact(rows, width, x, xAt, xRow, y, yAt, yRow, r, rAt, bounds);
  }

  @Override
  public void transpose(
      int rows,
      int columns,
      MemorySegment x,
      long xAt,
      long xRow,
      MemorySegment y,
      long yAt,
      long yRow) {
    ScalarKernels.blockwise(rows, columns, x, xAt, xRow, y, yAt, yRow);
  }

  @Override
  public void windows(
      boolean max,
      int rows,
      int taps,
      int stride,
      MemorySegment x,
      long xAt,
      long xRow,
      MemorySegment y,
      long yAt,
      int count,
      float scale) {
    if (max) {
      Windows.max(rows, taps, stride, x, xAt, xRow, y, yAt, count);
    } else {
      Windows.mean(rows, taps, stride, x, xAt, xRow, y, yAt, count, scale);
    }
  }

  @Override
  public Depthwise depthwise() {
    return depthwise;
  }
}
