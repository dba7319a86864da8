package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Packs {@link Strips} from rows that come a few at a time, twice: first to count what each strip
 * keeps in each block, then to put it where it belongs.
 */
final class Packer {
  private final int firstRow;
  private final int height;
  private final int strips;
  private final int[] offsets;
  private final int[] cuts;
  private final boolean dense;

  /** Columns that each (block, strip) has. */
  final int[] counts;

  /** Where the next column of each (block, strip) goes. */
  private final long[] next;

  long nonzeros;

  Packer(int firstRow, int height, int strips, int[] offsets, int[] cuts, boolean dense) {
    this.firstRow = firstRow;
    this.height = height;
    this.strips = strips;
    this.offsets = offsets;
    this.cuts = cuts;
    this.dense = dense;
    counts = new int[(cuts.length - 1) * strips];
    next = new long[counts.length];
  }

  /** Counts the columns that some whole strips keep. */
  void count(int row, int rows, float[] values) {
    int strip = (row - firstRow) / height;
    for (int r = 0; r < rows; r += height) {
      for (int block = 0; block + 1 < cuts.length; block++) {
        int count = 0;
        for (int c = cuts[block]; c < cuts[block + 1]; c++) {
          count += isKept(values, r * offsets.length + c) ? 1 : 0;
        }
        counts[block * strips + strip] = count;
      }
      strip++;
    }
  }

  /** Where each block starts, in bytes, and the end; to be asked once all is counted. */
  long[] starts() {
    long[] starts = new long[cuts.length];
    long at = 0;
    for (int k = 0; k < counts.length; k++) {
      next[k] = at;
      at += counts[k] * (4L + 4L * height);
      starts[k / strips + 1] = at;
    }
    return starts;
  }

  /** Writes what some whole strips keep. */
  void fill(MemorySegment stream, int row, int rows, float[] values) {
    int strip = (row - firstRow) / height;
    for (int r = 0; r < rows; r += height) {
      for (int block = 0; block + 1 < cuts.length; block++) {
        long at = next[block * strips + strip];
        for (int c = cuts[block]; c < cuts[block + 1]; c++) {
          int first = r * offsets.length + c;
          if (isKept(values, first)) {
            stream.set(ValueLayout.JAVA_INT, at, offsets[c]);
            for (int k = 0; k < height; k++) {
              float value = values[first + k * offsets.length];
              nonzeros += value != 0 ? 1 : 0;
              stream.set(ValueLayout.JAVA_FLOAT, at + 4 + 4L * k, value);
            }
            at += 4L + 4L * height;
          }
        }
      }
      strip++;
    }
  }

  private boolean isKept(float[] values, int first) {
    if (dense) {
      return true;
    }
    for (int k = 0; k < height; k++) {
      if (values[first + k * offsets.length] != 0) {
        return true;
      }
    }
    return false;
  }
}
