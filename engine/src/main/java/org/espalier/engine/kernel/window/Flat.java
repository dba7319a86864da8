package org.espalier.engine.kernel.window;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;

/**
 * Depthwise convolution, or the largest of each window, over a plane seen as one long row, whose
 * taps are all at fixed distances: rows of the input lie in as many phases as the stride has, each
 * as wide as the output, so that output pixel p needs pixel {@code p + constant} of some phase.
 * What a tap finds past a row's end belongs to the next row and is masked. A plane of 7x7 is 49
 * pixels in a row and wastes next to nothing of its vectors.
 *
 * <p>All offsets are in bytes.
 */
public interface Flat {
  /** What a padded maximum sees outside, and the largest of nothing, as in ONNX Runtime. */
  float LOWEST = -Float.MAX_VALUE;

  /**
   * The form of a convolution or pool.
   *
   * @param stride 1 or 2, both ways; at 1 the output is as wide as the input
   * @param pitch pixels from row to row, of a phase and of the output; {@link #pitch} says which
   * @param phase bytes from phase to phase
   * @param largest whether the result is the largest number of a window, without weights
   * @param clamp whether results are held in bounds
   */
  record Form(
      boolean largest,
      int stride,
      int kernelHeight,
      int kernelWidth,
      int dilationHeight,
      int dilationWidth,
      int left,
      int width,
      int outWidth,
      int pitch,
      int phase,
      boolean clamp) {
    /** Bytes from an output pixel's place in the first phase to the input of a tap. */
    public int offset(int row, int column) {
      int y = row * dilationHeight;
      int x = column * dilationWidth - left;
      int number = y % stride * stride + Math.floorMod(x, stride);
      return number * phase + 4 * (y / stride * pitch + Math.floorDiv(x, stride));
    }

    /** Whether the tap's column lies inside the input for output column {@code c}. */
    public boolean isInside(int column, int c) {
      int x = c * stride + column * dilationWidth - left;
      return x >= 0 && x < width;
    }

    /** Whether the tap's column is outside for some outputs. */
    public boolean isMasked(int column) {
      return !isInside(column, 0) || !isInside(column, outWidth - 1);
    }

    /** After how many floats masks begin anew: whole rows, no less than a few vectors. */
    public int period(int floats) {
      return Math.ceilDiv(floats, pitch) * pitch;
    }

    /** A row's pixels, so that none that counts lies past its end; -1 where there is no such. */
    public static int pitch(int stride, int width, int outWidth, int left, int window) {
      if (stride == 1) {
        return outWidth <= width ? width : -1;
      }
      int last = Math.min((outWidth - 1) * stride + window - 1 - left, width - 1);
      return Math.max(outWidth, Math.floorDiv(last, stride) + 1);
    }

    /** How many columns are masked. */
    public int maskedColumns() {
      return (int) IntStream.range(0, kernelWidth).filter(this::isMasked).count();
    }

    /**
     * For each masked column all ones where it's inside, for a period and {@code floats} more; then
     * for each what is put where it's outside.
     */
    public MemorySegment masks(int floats) {
      int length = period(floats) + floats;
      MemorySegment masks =
          Arena.ofAuto().allocate(Math.max(64, 8L * maskedColumns() * length), 64);
      int at = 0;
      int others = maskedColumns() * length;
      for (int column = 0; column < kernelWidth; column++) {
        for (int c = 0; isMasked(column) && c < length; c++, at++) {
          boolean inside = isInside(column, c % pitch);
          masks.setAtIndex(ValueLayout.JAVA_INT, at, inside ? -1 : 0);
          masks.setAtIndex(ValueLayout.JAVA_FLOAT, others + at, inside ? 0 : outside());
        }
      }
      return masks;
    }

    /** What the padding holds. */
    public float outside() {
      return largest ? LOWEST : 0;
    }
  }

  /**
   * Some channels one after the other, each copied to scratch memory first, or read in place.
   *
   * @param xAt the first row to be copied, in memory {@code m} as all else
   * @param rows rows to be copied, or 0 for none
   * @param toAt where the first of these rows goes
   * @param nextAt where the second goes, for a stride of 2
   * @param baseAt where the first output pixel's place in the first phase is
   * @param pixels output pixels; whole vectors are written
   * @param weightAt the first channel's weights, in {@code w}; one for each tap
   * @param biasAt the first channel's bias, in {@code w}; minus infinity for the largest
   */
  record Span(
      MemorySegment m,
      long xAt,
      long xPitch,
      int channels,
      int rows,
      long toAt,
      long nextAt,
      long baseAt,
      long yAt,
      long yPitch,
      int pixels,
      MemorySegment w,
      long weightAt,
      long biasAt) {}

  /** Does it; {@code low} and {@code high} hold results where the form says so. */
  void run(Span span, float low, float high);
}
