package org.espalier.engine.kernel;

import java.util.Arrays;

/**
 * The non-zeros of a weight matrix, row by row, each with the byte offset of the input row that it
 * multiplies (CSR, with the column already turned into an address).
 *
 * <p>A dense column {@code c} may stand for anything that lies at a fixed distance from the current
 * pixel: channel {@code c} of a 1x1 convolution, or a (channel, row, column) tap of a larger one.
 */
public final class SparseRows {
  final int[] starts;
  final int[] offsets;
  final float[] values;
  final float[] bias;

  private SparseRows(int[] starts, int[] offsets, float[] values, float[] bias) {
    this.starts = starts;
    this.offsets = offsets;
    this.values = values;
    this.bias = bias;
  }

  /**
   * The non-zeros of {@code weights}.
   *
   * @param weights {@code rows x columns}, row-major
   * @param offset bytes from the current pixel to the input of each column, {@code columns} of them
   *     for each row in turn, or once for all rows
   * @param bias what each row's sum starts from
   */
  public static SparseRows of(float[] weights, int rows, int columns, int[] offset, float[] bias) {
    assert weights.length == rows * columns && bias.length == rows;
    assert offset.length == columns || offset.length == rows * columns;
    int[] starts = new int[rows + 1];
    int[] offsets = new int[weights.length];
    float[] values = new float[weights.length];
    boolean shared = offset.length == columns;
    int count = 0;
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        float value = weights[row * columns + column];
        if (value != 0) {
          offsets[count] = offset[shared ? column : row * columns + column];
          values[count++] = value;
        }
      }
      starts[row + 1] = count;
    }
    return new SparseRows(
        starts, Arrays.copyOf(offsets, count), Arrays.copyOf(values, count), bias.clone());
  }

  public int rows() {
    return bias.length;
  }

  public int nonzeros() {
    return values.length;
  }
}
