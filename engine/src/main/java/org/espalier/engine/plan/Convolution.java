package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Curve;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.SparseRows;

/**
 * A convolution over padded input: for a block of output channels and a band of output rows, all
 * tiles of pixels; then what follows the convolution, while the block is in cache.
 *
 * @param x where the padded input lies, and bytes from image to image
 * @param scratch for each worker room for a block, where pixels are not computed in place
 */
record Convolution(
    Kernels kernels,
    Product product,
    Geometry geometry,
    Slot x,
    long imageBytes,
    Home.Planes y,
    Optional<Slot> scratch,
    Optional<Slot> residual,
    Bounds bounds,
    Optional<Curve> curve)
    implements Step {

  /** The weights and the kernel that goes with them. */
  sealed interface Product {
    /** Output channels that may share a block. */
    int rows();

    void run(
        Convolution step,
        int from,
        int to,
        MemorySegment m,
        long xAt,
        MemorySegment y,
        long yAt,
        long yRow,
        int pixels,
        Bounds bounds);
  }

  /** Weights with zeros, or of many small groups. */
  record Sparse(SparseRows weights) implements Product {
    @Override
    public int rows() {
      return weights.rows();
    }

    @Override
    public void run(
        Convolution step,
        int from,
        int to,
        MemorySegment m,
        long xAt,
        MemorySegment y,
        long yAt,
        long yRow,
        int pixels,
        Bounds bounds) {
      int lanes = step.kernels.lanes();
      int vectors = Math.ceilDiv(pixels, lanes);
      for (int v = 0; v < vectors; v += Kernels.TILE) {
        long at = 4L * v * lanes;
        int width = Math.min(Kernels.TILE, vectors - v);
        step.kernels.sparsePanel(weights, from, to, m, xAt + at, y, yAt + at, yRow, width, bounds);
      }
    }
  }

  /**
   * Weights without zeros: {@code rows x offsets.length}, row-major, for each group.
   *
   * @param bias each channel's, as often as there are lanes
   */
  record Dense(
      MemorySegment weights,
      MemorySegment bias,
      int[] offsets,
      int groups,
      int rows,
      long groupBytes)
      implements Product {
    @Override
    public void run(
        Convolution step,
        int from,
        int to,
        MemorySegment m,
        long xAt,
        MemorySegment y,
        long yAt,
        long yRow,
        int pixels,
        Bounds bounds) {
      int perGroup = rows / groups;
      int tile = Kernels.TILE * step.kernels.lanes();
      long lane = 4L * step.kernels.lanes();
      long row = 4L * offsets.length;
      for (int first = from; first < to; ) {
        int group = first / perGroup;
        int last = Math.min(to, (group + 1) * perGroup);
        var left = new Kernels.Operand(weights, first * row, row, 4);
        var start = new Kernels.Start(bias, first * lane, lane, 0);
        long in = xAt + group * groupBytes;
        long out = yAt + (first - from) * yRow;
        for (int p = 0; p < pixels; p += tile) {
          step.kernels.denseTile(
              last - first, left, m, in + 4L * p, offsets, start, y, out + 4L * p, yRow, bounds);
        }
        first = last;
      }
    }
  }

  /** Output channels of a block. */
  static final int BLOCK = 64;

  /** Pixels of a band, about. */
  static final int BAND = 512;

  /** Whether pixels are computed where they belong. */
  private boolean inPlace() {
    return scratch.isEmpty();
  }

  private int bands() {
    return inPlace()
        ? Math.ceilDiv(y.pixels(), BAND)
        : Math.ceilDiv(geometry.outHeight(), bandRows(geometry));
  }

  /** Output rows of a band. */
  static int bandRows(Geometry geometry) {
    return Math.clamp(BAND / geometry.pitch(), 1, geometry.outHeight());
  }

  /** Pixels of a band's grid, in whole tiles. */
  static int bandPixels(Geometry geometry, int tile) {
    return Math.ceilDiv(bandRows(geometry) * geometry.pitch(), tile) * tile;
  }

  private int blocks() {
    return Math.ceilDiv(product.rows(), BLOCK);
  }

  @Override
  public int tasks() {
    return y.batch() * blocks() * bands();
  }

  @Override
  public void run(Frame frame, int task, int worker) {
    int band = task % bands();
    int block = task / bands() % blocks();
    int image = task / bands() / blocks();
    int from = block * BLOCK;
    int to = Math.min(product.rows(), from + BLOCK);
    long xAt = x.at + image * imageBytes;
    long yAt = ((long) image * y.channels() + from) * y.pitch();
    if (inPlace()) {
      inPlace(frame.memory, from, to, band, xAt, yAt);
    } else {
      throughScratch(frame.memory, from, to, band, xAt, yAt, worker);
    }
  }

  private void inPlace(MemorySegment m, int from, int to, int band, long xAt, long yAt) {
    int first = band * BAND;
    int pixels = Math.min(BAND, y.pixels() - first);
    long at = yAt + 4L * first;
    long out = y.slot().at + at;
    Bounds early = residual.isPresent() ? Bounds.NONE : bounds;
    product.run(this, from, to, m, xAt + 4L * first, m, out, y.pitch(), pixels, early);
    if (residual.isPresent() || curve.isPresent()) {
      for (long row = 0; row < (to - from) * y.pitch(); row += y.pitch()) {
        if (residual.isPresent()) {
          long other = residual.get().at + at + row;
          kernels.combine(
              Kernels.Combine.ADD, m, out + row, m, other, m, out + row, pixels, bounds);
        }
        if (curve.isPresent()) {
          kernels.curve(curve.get(), m, out + row, m, out + row, pixels);
        }
      }
    }
  }

  private void throughScratch(
      MemorySegment m, int from, int to, int band, long xAt, long yAt, int worker) {
    int height = bandRows(geometry);
    int first = band * height;
    int rows = Math.min(height, geometry.outHeight() - first);
    int pitch = geometry.pitch();
    int pixels = (rows - 1) * pitch + geometry.outWidth();
    long row = 4L * bandPixels(geometry, Kernels.TILE * kernels.lanes());
    long block = scratch.get().at + (long) worker * BLOCK * row;
    product.run(this, from, to, m, xAt + 4L * first * pitch, m, block, row, pixels, Bounds.NONE);
    for (int channel = 0; channel < to - from; channel++) {
      long line = block + channel * row;
      if (curve.isPresent()) {
        kernels.curve(curve.get(), m, line, m, line, pixels);
      }
      long at = yAt + channel * y.pitch() + 4L * first * geometry.outWidth();
      long other = residual.isPresent() ? residual.get().at + at : -1;
      kernels.compact(
          rows,
          geometry.outWidth(),
          m,
          line,
          4L * pitch,
          m,
          y.slot().at + at,
          4L * geometry.outWidth(),
          m,
          other,
          bounds);
    }
  }
}
