package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.espalier.engine.kernel.Copies;
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
 */
final class Taps {
  private final Geometry geometry;
  private final Bands bands;
  private final int lanes;

  /** Floats of a row of vectors. */
  private final int width;

  /**
   * Rows of the window with copies of their own, the first ones. Others lie a multiple of the
   * stride below one of them.
   */
  private final int copiedRows;

  /** Rows of pixels that a copy has more than its band. */
  private final int below;

  /** Rows of pixels in a copy. */
  private final int rows;

  /** Bytes of a copy, with room for the whole vectors that its last row is written in. */
  private final long copyBytes;

  /** A row of nothing, then what is kept for each part of a row and column of the window. */
  private final MemorySegment masks;

  /** Copies of nothing, then those for each part of a row. */
  private final MemorySegment places;

  /** For each part of a row and column of the window, the first float that isn't masked. */
  private final int[] begins;

  /** As {@code begins}, the end of the last vector that isn't all masked. */
  private final int[] ends;

  /**
   * @param eachRow whether every row of the window has its copies
   */
  Taps(Geometry geometry, Bands bands, int lanes, boolean eachRow) {
    this.geometry = geometry;
    this.bands = bands;
    this.lanes = lanes;
    width = Math.ceilDiv(bands.columns(), lanes) * lanes;
    int high = geometry.kernelHeight();
    copiedRows = eachRow ? high : Math.min(high, period(geometry));
    below = below(high - 1 - (high - 1) % copiedRows);
    rows = bands.rows() + below;
    int pixels = (rows - 1) * bands.columns() + width;
    copyBytes = 4L * Math.ceilDiv(pixels, lanes) * lanes;
    int kernel = geometry.kernelWidth();
    masks = Weights.aligned(4L * width * (1 + kernel * bands.across()));
    begins = new int[kernel * bands.across()];
    ends = new int[begins.length];
    places = Copies.places(copies() * (1 + bands.across()));
    for (int copy = 0; copy < copies(); copy++) {
      Copies.place(places, copy, 0, copy * copyBytes, 0);
    }
    for (int part = 0; part < bands.across(); part++) {
      for (int tap = 0; tap < kernel; tap++) {
        mask(part, tap);
      }
      for (int copy = 0; copy < copies(); copy++) {
        int down = copy / kernel * geometry.dilationHeight() * geometry.width();
        int right = copy % kernel * geometry.dilationWidth();
        int number = (1 + part) * copies() + copy;
        long mask = mask(part * kernel + copy % kernel);
        Copies.place(places, number, 4L * (down + right), copy * copyBytes, mask);
      }
    }
  }

  /** After so many rows of the window, their distance is a multiple of the stride. */
  private static int period(Geometry geometry) {
    int rows = 1;
    while (rows * geometry.dilationHeight() % geometry.strideHeight() != 0) {
      rows++;
    }
    return rows;
  }

  /** Rows of pixels to what lies so many rows of the window below. */
  private int below(int rows) {
    return rows * geometry.dilationHeight() / geometry.strideHeight();
  }

  private int copies() {
    return geometry.kernelWidth() * copiedRows;
  }

  /** Where the mask of a part and column of the window begins. */
  private long mask(int index) {
    return 4L * width * (1 + index);
  }

  private void mask(int part, int tap) {
    int index = part * geometry.kernelWidth() + tap;
    begins[index] = width;
    for (int p = 0; p < bands.columnsOf(part); p++) {
      int out = bands.firstColumn(part) + p;
      int column = out * geometry.strideWidth() + tap * geometry.dilationWidth() - geometry.left();
      if (column >= 0 && column < geometry.width()) {
        masks.set(ValueLayout.JAVA_INT, mask(index) + 4L * p, -1);
        begins[index] = Math.min(begins[index], p / lanes * lanes);
        ends[index] = (p / lanes + 1) * lanes;
      }
    }
  }

  /** Bytes that a channel takes. */
  long channelBytes() {
    return copyBytes * copies();
  }

  /** Bytes from a pixel to tap (row, column) of channel 0. */
  long offset(int row, int column) {
    int copied = row % copiedRows;
    return (copied * geometry.kernelWidth() + column) * copyBytes
        + 4L * below(row - copied) * bands.columns();
  }

  /** A call of {@link #pack}: what its parts have in common. */
  private record Call(
      Kernels kernels,
      MemorySegment m,
      long xChannel,
      int channels,
      int part,
      MemorySegment scratch) {}

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
    var call = new Call(kernels, m, xChannel, channels, band % bands.across(), scratch);
    int stride = geometry.strideHeight();
    int top = bands.firstRow(band) * stride - geometry.top();
    int left = bands.firstColumn(band) * geometry.strideWidth() - geometry.left();
    int count = bands.rowsOf(band) + below;
    for (int row = 0; row < copiedRows; ) {
      int above = above(top, row, count);
      int inside = inside(top, row, count);
      int next = row + 1;
      while (next < copiedRows
          && above(top, next, count) == above
          && inside(top, next, count) == inside) {
        next++;
      }
      long first = xAt + 4L * ((top + (long) above * stride) * geometry.width() + left);
      long pixelRow = 4L * bands.columns();
      blank(call, row, next, above, at);
      copy(call, row, next, inside, first, at + above * pixelRow);
      int under = count - above - inside;
      blank(call, row, next, under, at + (above + inside) * pixelRow);
      row = next;
    }
  }

  /** Of {@code count} rows that a row of the window meets, those above the image. */
  private int above(int top, int row, int count) {
    int first = top + row * geometry.dilationHeight();
    return Math.clamp(Math.ceilDiv(-first, geometry.strideHeight()), 0, count);
  }

  private int inside(int top, int row, int count) {
    int first = top + row * geometry.dilationHeight();
    int above = above(top, row, count);
    int end = Math.ceilDiv(geometry.height() - first, geometry.strideHeight());
    return Math.clamp(end, above, count) - above;
  }

  /** Rows of zeros, for the copies of some rows of the window. */
  private void blank(Call call, int row, int next, int count, long at) {
    int kernel = geometry.kernelWidth();
    if (count > 0) {
      blank(call, row * kernel, (next - row) * kernel, count, at, 0, width);
    }
  }

  private void blank(Call call, int copy, int copies, int count, long at, int from, int columns) {
    call.kernels()
        .pack(
            1,
            new Kernels.Channels(call.scratch(), at, 0, 0),
            new Kernels.Channels(
                call.scratch(), at + 4L * from, 4L * bands.columns(), channelBytes()),
            count,
            call.channels(),
            new Copies(places, copy, copies, masks, 0),
            columns);
  }

  /**
   * Rows of the image, for the copies of some rows of the window. Vectors of which a mask keeps
   * nothing aren't read, as they may lie far outside; the right ones come first, since what they
   * write beyond a row belongs to the next.
   */
  private void copy(Call call, int row, int next, int count, long x, long at) {
    int kernel = geometry.kernelWidth();
    if (count == 0) {
      return;
    }
    int masked = call.part() * kernel;
    boolean whole = true;
    for (int tap = 0; tap < kernel; tap++) {
      whole &= begins[masked + tap] == 0 && ends[masked + tap] == width;
    }
    if (whole) {
      copy(call, row * kernel, (next - row) * kernel, count, x, at, 0, width);
      return;
    }
    for (int copy = row * kernel; copy < next * kernel; copy++) {
      int begin = begins[masked + copy % kernel];
      int end = Math.max(begin, ends[masked + copy % kernel]);
      if (end < width) {
        blank(call, copy, 1, count, at, end, width - end);
      }
      if (end > begin) {
        copy(call, copy, 1, count, x, at, begin, end - begin);
      }
      if (begin > 0) {
        blank(call, copy, 1, count, at, 0, begin);
      }
    }
  }

  private void copy(
      Call call, int copy, int copies, int count, long x, long at, int from, int columns) {
    int stride = geometry.strideWidth();
    long line = 4L * geometry.strideHeight() * geometry.width();
    call.kernels()
        .pack(
            stride,
            new Kernels.Channels(call.m(), x + 4L * from * stride, line, call.xChannel()),
            new Kernels.Channels(
                call.scratch(), at + 4L * from, 4L * bands.columns(), channelBytes()),
            count,
            call.channels(),
            new Copies(places, (1 + call.part()) * copies() + copy, copies, masks, 4L * from),
            columns);
  }
}
