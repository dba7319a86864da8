package org.espalier.engine.kernel;

import java.util.Arrays;

/**
 * A sparse matrix packed for one input vector: a slice of rows shares a vector register, one row
 * per lane, and a window of columns fits in two.
 *
 * <p>A matrix-vector product needs a different input in every lane. Gathering them from memory
 * costs about a cycle each; but the inputs of one window lie in two registers, from which a single
 * permutation fetches one for every lane. So the non-zeros of a slice (as many rows as lanes) and a
 * window (twice as many columns) are dealt out in steps: each step holds at most one non-zero of
 * each row. Rows with fewer are padded with zeros, about half of all at 90% sparsity, which still
 * leaves it several times faster than scalar code. Sliced ELLPACK (Monakov et al., 2010) is the
 * ancestor.
 */
public final class LanePacked {
  final int lanes;
  final int rows;
  final int windows;

  /** First step of each (slice, window), slices outermost, and the end of the last. */
  final int[] starts;

  /** For each step and lane, which of the window's columns. */
  final int[] columns;

  final float[] values;
  final float[] bias;

  private LanePacked(
      int lanes, int rows, int windows, int[] starts, int[] columns, float[] values, float[] bias) {
    this.lanes = lanes;
    this.rows = rows;
    this.windows = windows;
    this.starts = starts;
    this.columns = columns;
    this.values = values;
    this.bias = bias;
  }

  /** Packs {@code weights}, {@code rows x columns} row-major, for vectors of {@code lanes}. */
  public static LanePacked of(float[] weights, int rows, int columns, float[] bias, int lanes) {
    int width = 2 * lanes;
    int slices = Math.ceilDiv(rows, lanes);
    int windows = Math.ceilDiv(columns, width);
    int[] starts = new int[slices * windows + 1];
    int[] packed = new int[16 * lanes];
    float[] values = new float[16 * lanes];
    int steps = 0;
    for (int cell = 0; cell < slices * windows; cell++) {
      int firstRow = cell / windows * lanes;
      int firstColumn = cell % windows * width;
      int longest = 0;
      for (int lane = 0; lane < Math.min(lanes, rows - firstRow); lane++) {
        int step = 0;
        for (int c = firstColumn; c < Math.min(columns, firstColumn + width); c++) {
          float value = weights[(firstRow + lane) * columns + c];
          if (value != 0) {
            int at = (steps + step) * lanes + lane;
            if (at >= values.length) {
              packed = Arrays.copyOf(packed, packed.length * 2);
              values = Arrays.copyOf(values, values.length * 2);
            }
            packed[at] = c - firstColumn;
            values[at] = value;
            step++;
          }
        }
        longest = Math.max(longest, step);
      }
      steps += longest;
      starts[cell + 1] = steps;
    }
    return new LanePacked(
        lanes,
        rows,
        windows,
        starts,
        Arrays.copyOf(packed, Math.max(packed.length, steps * lanes)),
        Arrays.copyOf(values, Math.max(values.length, steps * lanes)),
        Arrays.copyOf(bias, slices * lanes));
  }

  /** How many slices of rows there are; each writes as many results as there are lanes. */
  public int slices() {
    return bias.length / lanes;
  }

  /** How many inputs are read: the columns, rounded up to whole windows. */
  public int width() {
    return windows * 2 * lanes;
  }

  /** Vector steps of the whole product, a measure of its cost. */
  public int steps() {
    return starts[starts.length - 1];
  }
}
