package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.espalier.engine.kernel.Kernels;

/**
 * The input of a band of a convolution, packed so that every tap of the window lies at a fixed
 * distance from the output pixel, pixels side by side without gaps.
 *
 * <p>Each channel is copied once for every column of the window, shifted by it, with zeros where
 * the window hangs over the edge. Rows of the window share these copies, as they lie a whole row of
 * pixels apart, or with a stride those that lie a multiple of it apart; but where that would put
 * vectors across cache lines and there is enough work on each to pay for more copies, every tap has
 * a copy of its own.
 *
 * @param eachRow whether every row of the window has its copies
 */
record Taps(Geometry geometry, Bands bands, int lanes, boolean eachRow, MemorySegment masks) {
  private static final long NONE_KEPT = 0;

  static Taps of(Geometry geometry, Bands bands, int lanes, boolean eachRow) {
    int width = Math.ceilDiv(bands.columns(), lanes) * lanes;
    int kernel = geometry.kernelWidth();
    // The first mask keeps nothing: for rows above and below the image.
    MemorySegment masks = Weights.aligned(4L * width * (1 + kernel * bands.across()));
    long at = width;
    for (int part = 0; part < bands.across(); part++) {
      for (int tap = 0; tap < kernel; tap++) {
        for (int p = 0; p < width; p++) {
          int column = column(geometry, bands.firstColumn(part) + p, tap);
          boolean kept = p < bands.columnsOf(part) && column >= 0 && column < geometry.width();
          masks.setAtIndex(ValueLayout.JAVA_INT, at++, kept ? -1 : 0);
        }
      }
    }
    return new Taps(geometry, bands, lanes, eachRow, masks);
  }

  private static int column(Geometry geometry, int out, int tap) {
    return out * geometry.strideWidth() + tap * geometry.dilationWidth() - geometry.left();
  }

  /** Rows of pixels in a copy. */
  private int rows() {
    int last = geometry.kernelHeight() - 1;
    return bands.rows() + below(last - last % copiedRows());
  }

  private int width() {
    return Math.ceilDiv(bands.columns(), lanes) * lanes;
  }

  /** Bytes of a copy, with room for the whole vectors that its last row is written in. */
  private long copyBytes() {
    int pixels = (rows() - 1) * bands.columns() + width();
    return 4L * Math.ceilDiv(pixels, lanes) * lanes;
  }

  private int copies() {
    return geometry.kernelWidth() * copiedRows();
  }

  /**
   * Rows of the window with copies of their own, the first ones. Others lie a multiple of the
   * stride below one of them.
   */
  private int copiedRows() {
    return eachRow ? geometry.kernelHeight() : Math.min(geometry.kernelHeight(), period());
  }

  /** Rows of pixels to what lies so many rows of the window below. */
  private int below(int rows) {
    return rows * geometry.dilationHeight() / geometry.strideHeight();
  }

  /** After so many rows of the window, their distance is a multiple of the stride. */
  private int period() {
    int stride = geometry.strideHeight();
    int rows = 1;
    while (rows * geometry.dilationHeight() % stride != 0) {
      rows++;
    }
    return rows;
  }

  /** Bytes that a channel takes. */
  long channelBytes() {
    return copyBytes() * copies();
  }

  /** Bytes from a pixel to tap (row, column) of channel 0. */
  long offset(int row, int column) {
    int copied = row % copiedRows();
    return (copied * geometry.kernelWidth() + column) * copyBytes()
        + 4L * below(row - copied) * bands.columns();
  }

  /**
   * Packs some channels of one image for a band.
   *
   * @param xAt where the first of the channels lies
   * @param at where they go
   */
  void pack(
      Kernels kernels,
      MemorySegment m,
      long xAt,
      long xChannel,
      int channels,
      int band,
      MemorySegment scratch,
      long at) {
    int part = band % bands.across();
    for (int row = 0; row < copiedRows(); row++) {
      for (int tap = 0; tap < geometry.kernelWidth(); tap++) {
        long mask = 4L * width() * (1 + part * geometry.kernelWidth() + tap);
        int first = column(geometry, bands.firstColumn(band), tap);
        copy(kernels, m, xAt, xChannel, channels, band, row, first, mask, scratch, at);
        at += copyBytes();
      }
    }
  }

  private void copy(
      Kernels kernels,
      MemorySegment m,
      long xAt,
      long xChannel,
      int channels,
      int band,
      int tapRow,
      int firstColumn,
      long mask,
      MemorySegment scratch,
      long at) {
    int stride = geometry.strideHeight();
    int top = bands.firstRow(band) * stride + tapRow * geometry.dilationHeight() - geometry.top();
    int rows = bands.rowsOf(band) + rows() - bands.rows();
    int above = Math.clamp(Math.ceilDiv(-top, stride), 0, rows);
    int inside = Math.clamp(Math.ceilDiv(geometry.height() - top, stride), above, rows) - above;
    long line = 4L * geometry.width();
    long pixelRow = 4L * bands.columns();
    long in = xAt + (top + (long) above * stride) * line + 4L * firstColumn;
    rows(kernels, m, at, 0, 0, channels, above, NONE_KEPT, scratch, at);
    at += above * pixelRow;
    rows(kernels, m, in, stride * line, xChannel, channels, inside, mask, scratch, at);
    at += inside * pixelRow;
    int below = rows - above - inside;
    rows(kernels, m, at, 0, 0, channels, below, NONE_KEPT, scratch, at);
  }

  /**
   * Packs some rows. Vectors of which the mask keeps nothing aren't read, as they may lie far
   * outside; the right ones come first, since what they write beyond a row belongs to the next.
   */
  private void rows(
      Kernels kernels,
      MemorySegment m,
      long xAt,
      long xRow,
      long xChannel,
      int channels,
      int count,
      long mask,
      MemorySegment scratch,
      long at) {
    if (count == 0) {
      return;
    }
    int begin = 0;
    int end = width();
    while (begin < end && isEmpty(mask, begin)) {
      begin += lanes;
    }
    while (end > begin && isEmpty(mask, end - lanes)) {
      end -= lanes;
    }
    if (end < width()) {
      row(kernels, m, at, 0, 0, channels, count, NONE_KEPT, scratch, at, end, width() - end);
    }
    if (end > begin) {
      row(kernels, m, xAt, xRow, xChannel, channels, count, mask, scratch, at, begin, end - begin);
    }
    if (begin > 0) {
      row(kernels, m, at, 0, 0, channels, count, NONE_KEPT, scratch, at, 0, begin);
    }
  }

  private boolean isEmpty(long mask, int from) {
    for (int p = from; p < from + lanes; p++) {
      if (masks.get(ValueLayout.JAVA_INT, mask + 4L * p) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Some columns of the rows. */
  private void row(
      Kernels kernels,
      MemorySegment m,
      long xAt,
      long xRow,
      long xChannel,
      int channels,
      int count,
      long mask,
      MemorySegment scratch,
      long at,
      int from,
      int columns) {
    int stride = geometry.strideWidth();
    boolean none = mask == NONE_KEPT;
    kernels.pack(
        none ? 1 : stride,
        new Kernels.Channels(m, none ? xAt : xAt + 4L * from * stride, xRow, xChannel),
        new Kernels.Channels(scratch, at + 4L * from, 4L * bands.columns(), channelBytes()),
        count,
        channels,
        masks,
        none ? NONE_KEPT : mask + 4L * from,
        columns);
  }
}
