package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;

/**
 * What is done to activations between the products: normalisation, softmax, arithmetic with
 * broadcasts. All is on float memory; offsets and pitches are in bytes.
 *
 * <p>A <em>column</em> runs across rows: element (row, i) lies at {@code at + row * pitch + 4 * i}
 * and the columns of a few vectors are worked on at the same time, so that nothing is summed across
 * the lanes of a vector.
 */
public interface Passes {
  /**
   * Normalises each of {@code count} columns of {@code rows} numbers: {@code y = (x - mean) /
   * sqrt(variance + epsilon) * scale[row] + shift[row]}. Writes no further than {@code count}.
   *
   * @param norm whether the mean is taken away, and epsilon
   * @param s scale of each row, contiguous floats
   * @param bAt where the shifts are in {@code s}'s memory, or -1 for none
   */
  void normaliseColumns(
      Norm norm, int rows, int count, Panel x, MemorySegment s, long sAt, long bAt, Panel y);

  /** The same for {@code rows} numbers that lie next to each other. */
  void normaliseRow(
      Norm norm,
      int rows,
      MemorySegment x,
      long xAt,
      MemorySegment s,
      long sAt,
      long bAt,
      MemorySegment y,
      long yAt);

  /**
   * The first half of a softmax down the columns of a tile of {@link Kernels#TILE} vectors, in
   * place: {@code x = exp(scale * x + mask - largest)} of {@code rows} rows. A NaN makes its column
   * NaN.
   *
   * @param inverse where the reciprocals of the columns' sums go, a tile of them
   */
  void softmaxTile(
      int rows, Panel x, float scale, Mask mask, MemorySegment inverse, long inverseAt);

  /** {@code y[row][i] = x[row][i] * factor[i]}: a tile's worth of each row, or the first few. */
  void scaleColumns(int rows, int count, Panel x, MemorySegment factor, long factorAt, Panel y);

  /** Softmax of {@code count} numbers next to each other. */
  void softmaxRow(int count, MemorySegment x, long xAt, MemorySegment y, long yAt, boolean log);

  /**
   * {@code y[i] = a[i] op b[i]} over exactly {@code count} floats.
   *
   * @param aStep 4, or 0 where {@code a} is one number for all
   * @param bStep 4, or 0 where {@code b} is one number for all
   */
  void combine(
      Kernels.Combine op,
      MemorySegment a,
      long aAt,
      long aStep,
      MemorySegment b,
      long bAt,
      long bStep,
      MemorySegment y,
      long yAt,
      long count);

  /** The sum, the largest or the least of {@code count} numbers next to each other. */
  float reduce(Kernels.Combine op, MemorySegment x, long xAt, long count);

  /**
   * How a normalisation is done.
   *
   * @param centred whether the mean is taken away first (LayerNormalization) or not (RMS)
   */
  record Norm(boolean centred, float epsilon) {}

  /**
   * What is added to scores before a softmax: element (row, i) lies at {@code at + row * pitch + i
   * * step}, where {@code step} is 4 or 0.
   *
   * @param memory null where there is no mask
   * @param replaces whether the mask's number takes the score's place wherever it isn't 0
   */
  record Mask(MemorySegment memory, long at, long pitch, long step, boolean replaces) {
    public static final Mask NONE = new Mask(null, 0, 0, 0, false);
  }
}
