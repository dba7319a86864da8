package org.espalier.engine.plan;

import org.espalier.engine.kernel.Kernels;

/**
 * How the output pixels of an image are cut into bands of about the same size: some whole rows, or
 * a part of one. Bands begin on whole vectors, since kernels write whole ones, and where threads
 * share an image on whole lines of the cache, since two cores that write to one line take it from
 * each other for every sum.
 *
 * @param rows output rows of a band, at most
 * @param across bands of a row
 * @param unit pixels of which each band of a row, but the last, has a multiple
 */
record Bands(int height, int width, int rows, int across, int unit) {
  private static final int LINE = 16;

  /** Floats in a line of the cache, or in a vector where that is longer. */
  static int lineOf(int lanes) {
    return Math.ceilDiv(LINE, lanes) * lanes;
  }

  /** What bands begin on a multiple of: floats of a vector, or for several threads of a line. */
  static int unit(int lanes, int threads) {
    return threads > 1 ? lineOf(lanes) : lanes;
  }

  /**
   * Bytes of a row of {@code count} floats: whole lines of the cache, and where a tile is only a
   * part of it, an odd number of them, so that the same tile of many rows doesn't fall on the same
   * few lines of the cache.
   */
  static long pitch(int count, int lanes) {
    int line = lineOf(lanes);
    int lines = Math.ceilDiv(count, line);
    if (count > Kernels.TILE * lanes && lines % 2 == 0) {
      lines++;
    }
    return 4L * lines * line;
  }

  /**
   * Bands of about {@code pixels}.
   *
   * @param height output rows of an image
   * @param width output columns
   * @param unit what the first pixel of a band is a multiple of
   */
  static Bands of(int height, int width, int pixels, int unit) {
    if (width >= 2 * pixels && width > unit) {
      // Rows that don't end on a whole vector would be written over by the row before.
      if (height == 1 || width % unit == 0) {
        int across = Math.min(Math.ceilDiv(width, pixels), Math.ceilDiv(width, unit));
        return new Bands(height, width, 1, across, unit);
      }
    }
    int step = 1;
    while (step * width % unit != 0) {
      step++;
    }
    int rows = Math.max(1, Math.round((float) pixels / (step * width))) * step;
    if (rows >= height) {
      return new Bands(height, width, height, 1, unit);
    }
    // Bands of equal size, as far as units allow.
    int count = Math.ceilDiv(height, rows);
    rows = Math.ceilDiv(Math.ceilDiv(height, count), step) * step;
    return new Bands(height, width, Math.min(rows, height), 1, unit);
  }

  int count() {
    return Math.ceilDiv(height, rows) * across;
  }

  int firstRow(int band) {
    return band / across * rows;
  }

  int firstColumn(int band) {
    return start(band % across);
  }

  private int start(int part) {
    return part == across ? width : Math.ceilDiv(width, unit) * part / across * unit;
  }

  int rowsOf(int band) {
    return Math.min(rows, height - firstRow(band));
  }

  int columnsOf(int band) {
    return start(band % across + 1) - start(band % across);
  }

  /** Columns of the widest band. */
  int columns() {
    int most = 0;
    for (int part = 0; part < across; part++) {
      most = Math.max(most, columnsOf(part));
    }
    return most;
  }
}
