package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;

/** Kernels on the JDK's Vector API, at the width that the machine prefers. */
class VectorKernels implements Kernels {
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
  public int[] heights() {
    return new int[] {1, 4};
  }

  @Override
  public int tile(int height) {
    return height == 1 ? 4 : 2;
  }

  @Override
  public void product(
      Strips w,
      int block,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      long yRow,
      MemorySegment start,
      long startAt,
      long startRow,
      int vectors,
      Bounds bounds) {
    long in = w.starts[block];
    for (int strip = 0; strip < w.strips; strip++) {
      int row = strip * w.height;
      int count = w.count(block, strip);
      long at = yAt + row * yRow;
      if (block == 0) {
        long from = startAt + row * startRow;
        StripProduct.begin(w, row, start, from, startRow, y, at, yRow, vectors);
      }
      if (w.height == 4) {
        if (vectors == 2) {
          StripProduct.fourByTwo(w.stream, in, count, x, xAt, y, at, yRow);
        } else {
          StripProduct.fourByOne(w.stream, in, count, x, xAt, y, at, yRow);
        }
      } else if (vectors == 4) {
        StripProduct.oneByFour(w.stream, in, count, x, xAt, y, at);
      } else {
        for (int v = 0; v < vectors; v++) {
          long shift = v * Simd.STEP;
          StripProduct.oneByOne(w.stream, in, count, x, xAt + shift, y, at + shift);
        }
      }
      in += count * (4L + 4L * w.height);
      if (block == w.blocks - 1 && !bounds.isNone()) {
        StripProduct.clamp(bounds, w.height, y, at, yRow, vectors);
      }
    }
  }

  @Override
  public void pack(
      int stride,
      MemorySegment x,
      long xAt,
      long xRow,
      long xChannel,
      MemorySegment y,
      long yAt,
      long yRow,
      long yChannel,
      int rows,
      int channels,
      MemorySegment mask,
      long maskAt,
      int width) {
    if (stride > 2) {
      ScalarKernels.strided(
          stride, x, xAt, xRow, xChannel, y, yAt, yRow, yChannel, rows, channels, mask, maskAt,
          width);
      return;
    }
    for (int channel = 0; channel < channels; channel++) {
      for (int row = 0; row < rows; row++) {
        long in = xAt + channel * xChannel + row * xRow;
        long out = yAt + channel * yChannel + row * yRow;
        if (stride == 1) {
          Packing.row(x, in, y, out, mask, maskAt, width);
        } else {
          Packing.everySecond(x, in, y, out, mask, maskAt, width);
        }
      }
    }
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
