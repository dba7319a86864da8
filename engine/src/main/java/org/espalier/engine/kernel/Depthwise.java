package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.espalier.engine.kernel.window.Flat;

/**
 * Convolution of single channels with single channels, in two parts: rows are copied into a {@link
 * Strip}, small enough to stay in the nearest cache, where no tap needs to know of borders; then
 * every tap is a shifted vector. All offsets are in bytes.
 */
public interface Depthwise {
  /** The plain-Java twin, of as many lanes as asked. */
  static Depthwise scalar(int lanes) {
    return new ScalarDepthwise(lanes);
  }

  /** A faster way for convolutions of this form, where there is one. */
  default Optional<Flat> flat(Flat.Form form) {
    return Optional.empty();
  }

  /**
   * One number for each plane: the largest, or the sum times {@code scale}. May read to the end of
   * the vector in which the last pixel lies.
   *
   * @param x a plane in each row
   */
  void reduce(
      boolean largest, Panel x, int pixels, int planes, MemorySegment y, long yAt, float scale);

  /**
   * Copies {@code rows} rows of {@code width} floats, which follow each other, into a strip, zeros
   * on either side. Reads up to two vectors further than the rows.
   */
  void spread(
      Strip strip, int rows, int width, MemorySegment x, long xAt, MemorySegment s, long sAt);

  /**
   * Makes {@code rows x columns} outputs: {@code y[r][c] = clamp(bias + sum over k of w[k] * s[r][c
   * + offset k])}. Writes a whole vector where {@code columns} is less than one: a row's surplus is
   * overwritten by the next row, the last row's stays.
   *
   * @param w weights of many channels, this one's from {@code wAt}
   * @param s a row for each row of outputs
   */
  void convolve(
      int[] offsets,
      float[] w,
      int wAt,
      float bias,
      Panel s,
      MemorySegment y,
      long yAt,
      int rows,
      int columns,
      Bounds bounds);
}
