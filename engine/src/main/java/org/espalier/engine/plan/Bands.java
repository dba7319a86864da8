package org.espalier.engine.plan;

/**
 * How the output pixels of an image are cut into bands: some whole rows, or a part of one. All
 * bands but the last of a row or an image are a whole number of vectors, since kernels write whole
 * ones.
 *
 * @param rows output rows of a band
 * @param columns output columns of a band, all of them where a band has several rows
 */
record Bands(int height, int width, int rows, int columns) {
  /**
   * Bands of about {@code pixels}.
   *
   * @param height output rows of an image
   * @param width output columns
   */
  static Bands of(int height, int width, int pixels, int lanes) {
    if (width >= 2 * pixels && width > lanes) {
      int parts = Math.ceilDiv(width, pixels);
      int columns = Math.ceilDiv(Math.ceilDiv(width, parts), lanes) * lanes;
      // Rows that don't end on a whole vector would be written over by the row before.
      if (height == 1 || width % lanes == 0) {
        return new Bands(height, width, 1, columns);
      }
    }
    int step = 1;
    while (step * width % lanes != 0) {
      step *= 2;
    }
    int rows = Math.max(1, Math.round((float) pixels / (step * width))) * step;
    if (rows >= height) {
      return new Bands(height, width, height, width);
    }
    // Bands of equal size, as far as vectors allow.
    int count = Math.ceilDiv(height, rows);
    rows = Math.ceilDiv(Math.ceilDiv(height, count), step) * step;
    return new Bands(height, width, Math.min(rows, height), width);
  }

  int across() {
    return Math.ceilDiv(width, columns);
  }

  int count() {
    return Math.ceilDiv(height, rows) * across();
  }

  int firstRow(int band) {
    return band / across() * rows;
  }

  int firstColumn(int band) {
    return band % across() * columns;
  }

  int rowsOf(int band) {
    return Math.min(rows, height - firstRow(band));
  }

  int columnsOf(int band) {
    return Math.min(columns, width - firstColumn(band));
  }

  /** Pixels of the largest band. */
  int pixels() {
    return rows * columns;
  }
}
