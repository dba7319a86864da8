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

  /**
   * Floats of a vector, or the multiple of it that fills lines of the cache for several threads.
   */
  static int unit(int lanes, int threads) {
    return threads > 1 ? Math.ceilDiv(LINE, lanes) * lanes : lanes;
  }

  /**
   * Bytes of a row of {@code count} floats: whole vectors or lines of the cache, and where a tile
   * is only a part of it, an odd number of them, so that the same tile of many rows doesn't fall on
   * the same few lines of the cache.
   */
  static long pitch(int count, int lanes, int threads) {
    int unit = unit(lanes, threads);
    int units = Math.ceilDiv(count, unit);
    if (count > Kernels.TILE * lanes && units % 2 == 0) {
      units++;
    }
    return 4L * units * unit;
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
