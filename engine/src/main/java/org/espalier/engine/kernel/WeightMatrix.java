package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A matrix of weights that is read a few rows at a time, from wherever it lies: what is mapped from
 * a file is never on the heap as a whole.
 *
 * @param data row by row, or column by column where it is {@code turned}
 * @param factor what each weight is multiplied by
 */
public record WeightMatrix(
    MemorySegment data, int rows, int columns, boolean turned, float factor) {
  /** Rows that are worth reading at once; whole strips of any height. */
  private static final int READ = 48;

  private static final int TURNED = 16;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /** A matrix that lies on the heap, row by row. */
  public static WeightMatrix of(float[] values, int columns) {
    return new WeightMatrix(
        MemorySegment.ofArray(values), values.length / columns, columns, false, 1);
  }

  /** The same numbers with rows and columns in each other's place. */
  public WeightMatrix transposed() {
    return new WeightMatrix(data, columns, rows, !turned, factor);
  }

  public long size() {
    return (long) rows * columns;
  }

  /** Sees rows of this matrix in a buffer that it may not keep. */
  public interface Reader {
    /**
     * Sees some rows.
     *
     * @param first the number of the first row
     * @param count of rows
     * @param values of the rows, one after the other
     */
    void rows(int first, int count, float[] values);
  }

  /**
   * Reads some rows, a few at a time.
   *
   * @param multiple what the count is a multiple of each time, except for the last
   */
  public void read(int first, int end, int multiple, Reader reader) {
    int step = Math.max(1, READ / multiple) * multiple;
    float[] values =
        new float[Math.multiplyExact(Math.min(step, Math.max(0, end - first)), columns)];
    for (int row = first; row < end; row += step) {
      int count = Math.min(step, end - row);
      copy(row, count, values);
      reader.rows(row, count, values);
    }
  }

  /** All rows, one after the other. */
  public float[] all() {
    float[] values = new float[Math.toIntExact(size())];
    copy(0, rows, values);
    return values;
  }

  private void copy(int first, int count, float[] to) {
    if (turned) {
      turn(first, count, to);
    } else {
      MemorySegment.copy(data, FLOAT, 4L * first * columns, to, 0, count * columns);
    }
    if (factor != 1) {
      for (int k = 0; k < count * columns; k++) {
        to[k] *= factor;
      }
    }
  }

  /** Some columns at a time, so that whole lines of the cache are written. */
  private void turn(int first, int count, float[] to) {
    float[] part = new float[TURNED * count];
    for (int column = 0; column < columns; column += TURNED) {
      int width = Math.min(TURNED, columns - column);
      for (int c = 0; c < width; c++) {
        long at = 4 * ((long) (column + c) * rows + first);
        MemorySegment.copy(data, FLOAT, at, part, c * count, count);
      }
      for (int r = 0; r < count; r++) {
        for (int c = 0; c < width; c++) {
          to[r * columns + column + c] = part[c * count + r];
        }
      }
    }
  }

  /** The share of weights that are not zero; 1 where there are none. */
  public double density() {
    return size() == 0 ? 1 : (double) columns(1)[0] / size();
  }

  /**
   * How many columns strips keep, those of zeros only left out, all strips together.
   *
   * @param heights rows of a strip, each a divisor of 48
   * @return a count for each height
   */
  public long[] columns(int... heights) {
    long[] kept = new long[heights.length];
    boolean[] any = new boolean[columns];
    read(
        0,
        rows,
        READ,
        (first, count, values) -> {
          for (int k = 0; k < heights.length; k++) {
            for (int row = 0; row < count; row += heights[k]) {
              Arrays.fill(any, false);
              for (int r = row; r < Math.min(count, row + heights[k]); r++) {
                mark(values, r * columns, any);
              }
              kept[k] += count(any);
            }
          }
        });
    return kept;
  }

  private static void mark(float[] values, int first, boolean[] any) {
    for (int c = 0; c < any.length; c++) {
      any[c] |= values[first + c] != 0;
    }
  }

  private static int count(boolean[] any) {
    int count = 0;
    for (boolean one : any) {
      count += one ? 1 : 0;
    }
    return count;
  }
}
