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
      Panel y,
      Panel start,
      int vectors,
      Bounds bounds) {
    MemorySegment out = y.memory();
    long in = w.starts[block];
    for (int strip = 0; strip < w.strips; strip++) {
      int row = strip * w.height;
      int count = w.count(block, strip);
      long at = y.at(row);
      if (block == 0) {
        StripProduct.begin(w, row, start, y, vectors);
      }
      if (w.height == 4) {
        if (vectors == 2) {
          StripProduct.fourByTwo(w.stream, in, count, x, xAt, out, at, y.row());
        } else {
          StripProduct.fourByOne(w.stream, in, count, x, xAt, out, at, y.row());
        }
      } else if (vectors == 4) {
        StripProduct.oneByFour(w.stream, in, count, x, xAt, out, at);
      } else {
        for (int v = 0; v < vectors; v++) {
          long shift = v * Simd.STEP;
          StripProduct.oneByOne(w.stream, in, count, x, xAt + shift, out, at + shift);
        }
      }
      in += count * (4L + 4L * w.height);
      if (block == w.blocks - 1 && !bounds.isNone()) {
        StripProduct.clamp(bounds, w.height, out, at, y.row(), vectors);
      }
    }
  }

  @Override
  public void pack(
      int stride, Channels x, Channels y, int rows, int channels, Copies copies, int width) {
    if (stride > 2) {
      ScalarKernels.strided(stride, x, y, rows, channels, copies, width);
      return;
    }
    for (int channel = 0; channel < channels; channel++) {
      for (int copy = 0; copy < copies.count(); copy++) {
        long mask = copies.mask(copy);
        for (int row = 0; row < rows; row++) {
          long in = x.at(channel, row) + copies.from(copy);
          long out = y.at(channel, row) + copies.to(copy);
          if (stride == 1) {
            Packing.row(x.memory(), in, y.memory(), out, copies.masks(), mask, width);
          } else {
            Packing.everySecond(x.memory(), in, y.memory(), out, copies.masks(), mask, width);
          }
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
      int rows, int depth, Operand a, Panel b, Start start, Panel c, Bounds bounds) {
    int row = 0;
    for (; row + 4 <= rows; row += 4) {
      long at = c.at(row);
      DenseTile.four(depth, a, a.at() + row * a.row(), b, c.memory(), at, c.row());
      DenseTile.finish(4, start, row, c.memory(), at, c.row(), bounds);
    }
    for (; row < rows; row++) {
      long at = c.at(row);
      DenseTile.one(depth, a, a.at() + row * a.row(), b, c.memory(), at);
      DenseTile.finish(1, start, row, c.memory(), at, c.row(), bounds);
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
  public void compact(int rows, int width, Panel x, Panel y, Panel r, Bounds bounds) {
    Elementwise.compact(rows, width, x, y, r, bounds);
  }

  @Override
  public void transpose(int rows, int columns, Panel x, Panel y) {
    ScalarKernels.blockwise(rows, columns, x, y);
  }

  @Override
  public void windows(
      boolean max,
      int rows,
      int taps,
      int stride,
      Panel x,
      MemorySegment y,
      long yAt,
      int count,
      float scale) {
    if (max) {
      Windows.max(rows, taps, stride, x, y, yAt, count);
    } else {
      Windows.mean(rows, taps, stride, x, y, yAt, count, scale);
    }
  }

  @Override
  public Depthwise depthwise() {
    return depthwise;
  }
}
