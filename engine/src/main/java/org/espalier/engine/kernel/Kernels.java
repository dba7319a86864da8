package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;

/**
 * The operations a plan is made of, on float memory. All offsets and strides are in bytes; a vector
 * is {@link #lanes()} floats.
 */
public interface Kernels {
  /** Vectors of pixels in a full tile: what one pass of a panel kernel keeps in registers. */
  int TILE = 4;

  /** The fastest kernels that this machine and virtual machine have; announced once. */
  static Kernels best() {
    return Provider.BEST;
  }

  /** The plain-Java twins, of as many lanes as asked. */
  static Kernels scalar(int lanes) {
    return new ScalarKernels(lanes);
  }

  /** What {@code inspect --plan} and the log call these kernels. */
  String name();

  /** Floats in a vector. */
  int lanes();

  /** What is done to activations between the products. */
  Passes passes();

  /** Whether {@link #product} is as fast at its first call as later. */
  default boolean isMachineCode() {
    return false;
  }

  /** Whether these kernels are meant to be fast, so that it matters which of them is faster. */
  default boolean areFast() {
    return true;
  }

  /** The heights of strips that {@link #product} takes, ascending; 1 is one of them. */
  int[] heights();

  /** The most vectors of pixels that {@link #product} takes for strips of {@code height} rows. */
  int tile(int height);

  /**
   * Strips times a tile of pixels, for one block of columns: {@code y[r][p] += sum over k of
   * w[r][k] * x[k][p]}. The first block's sums start from the bias, and from what lies at {@code
   * start} where that is given; the last block's are clamped.
   *
   * @param block which block of columns
   * @param xAt where pixel 0 lies for an offset of 0
   * @param start what the first block's sums start from, besides the bias, or null
   * @param vectors 1 to {@link #tile}
   */
  void product(
      Strips w,
      int block,
      MemorySegment x,
      long xAt,
      Panel y,
      Panel start,
      int vectors,
      Bounds bounds);

  /**
   * Copies rows of floats, for several channels: every number, or every {@code stride}th, where a
   * mask has ones, else zeros. Whole vectors are read and written, rows in ascending order: what
   * one writes too much, the next overwrites.
   *
   * @param x what the mask hides may lie outside the rows, yet in memory
   * @param copies of each channel, made one after the other while its rows are at hand
   * @param width floats in a row of {@code y}, rounded up to whole vectors
   */
  void pack(int stride, Channels x, Channels y, int rows, int channels, Copies copies, int width);

  /**
   * Sparse matrix times one vector: slices {@code from} to {@code to} of {@code clamp(bias + w x)}.
   * Reads {@link LanePacked#width()} floats of {@code x}; writes whole slices.
   */
  void sparseVector(
      LanePacked w,
      int from,
      int to,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      Bounds bounds);

  /**
   * A dense product, tile by tile: {@code c[r][p] = clamp(start[r][p] + sum over k of a[r][k] *
   * b[k][p])} for {@code rows} rows and one tile of {@link #TILE} vectors.
   *
   * @param depth columns of {@code a} and rows of {@code b}
   * @param start null where sums start from zero
   */
  void denseTile(int rows, int depth, Operand a, Panel b, Start start, Panel c, Bounds bounds);

  /** A dense product whose column p is multiplied by {@code scale[p]}; all columns of a tile. */
  default void scaledTile(
      int rows, int depth, Operand a, Panel b, MemorySegment scale, long scaleAt, Panel c) {
    denseTile(rows, depth, a, b, null, c, Bounds.NONE);
    passes().scaleColumns(rows, TILE * lanes(), c, scale, scaleAt, c);
  }

  /** {@code y[i] = curve(x[i])} over {@code count} floats, rounded up to whole vectors. */
  void curve(Curve curve, MemorySegment x, long xAt, MemorySegment y, long yAt, long count);

  /** The curve over {@code count} floats of each of some rows, rounded up to whole vectors. */
  default void curve(Curve curve, int rows, Panel x, Panel y, long count) {
    for (int row = 0; row < rows; row++) {
      curve(curve, x.memory(), x.at(row), y.memory(), y.at(row), count);
    }
  }

  /** {@code y[i] = clamp(a[i] op b[i])} over {@code count} floats, rounded up to whole vectors. */
  void combine(
      Combine op,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment y,
      long yAt,
      long count,
      Bounds bounds);

  /** {@code y[i] = clamp(x[i] * scale + shift)} over {@code count} floats, in whole vectors. */
  void affine(
      float scale,
      float shift,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      long count,
      Bounds bounds);

  /**
   * Copies {@code rows} rows of {@code width} floats from one pitch to another, adding {@code r} *
   * where it isn't null.
   */
  void compact(int rows, int width, Panel x, Panel y, Panel r, Bounds bounds);

  /** {@code y[c][r] = x[r][c]} for {@code rows x columns} floats. */
  void transpose(int rows, int columns, Panel x, Panel y);

  /**
   * A row of {@code count} pooling windows, {@code rows x taps} each and {@code stride} (1 or 2)
   * apart: the largest number of each, or the sum times {@code scale}. Writes no further; may read
   * two vectors further.
   */
  void windows(
      boolean max,
      int rows,
      int taps,
      int stride,
      Panel x,
      MemorySegment y,
      long yAt,
      int count,
      float scale);

  /** Convolution of single channels. */
  Depthwise depthwise();

  /** Rows of several channels: as {@link Panel}, and {@code channel} bytes from one to the next. */
  record Channels(MemorySegment memory, long at, long row, long channel) {
    /** Where a row starts. */
    long at(int c, int r) {
      return at + c * channel + r * row;
    }
  }

  /** The left side of a dense product: element (row, k) lies at {@code at + row*row + k*step}. */
  record Operand(MemorySegment memory, long at, long row, long step) {}

  /** What sums start from: vector {@code v} of row r lies at {@code at + r*row + v*step}. */
  record Start(MemorySegment memory, long at, long row, long step) {}

  /** A binary operation on two arrays of the same shape. */
  enum Combine {
    ADD,
    SUB,
    MUL,
    DIV,
    MAX,
    MIN,
    POW
  }
}
