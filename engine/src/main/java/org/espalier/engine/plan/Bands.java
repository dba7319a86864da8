package org.espalier.engine.plan;

import java.util.stream.IntStream;
import org.espalier.engine.kernel.Kernels;

/**
 * How the output pixels of an image are cut into bands of about the same size: runs of pixels over
 * some rows, or parts of one row. Bands begin on whole vectors, since kernels write whole ones, and
 * where threads share an image on whole lines of the cache, since two cores that write to one line
 * take it from each other for every sum. Each thread then has as many bands as any other, and the
 * same pixels of all images of one size: what it reads of the layer before, it wrote itself.
 *
 * @param across bands of a row, or 1 where bands are runs over some rows
 * @param grain pixels of which each band, but the last of the image or row, has a multiple
 */
record Bands(int height, int width, int count, int across, int grain) {
  private static final int LINE = 16;

  /** The largest of the shares of an image, over their mean, from which on they are uneven. */
  private static final double UNEVEN = 1.4;

  /** Columns of a share that are worth reading all weights for. */
  private static final int FEWEST = 32;

  /** Floats in a line of the cache, or in a vector where that is longer. */
  static int lineOf(int lanes) {
    return Math.ceilDiv(LINE, lanes) * lanes;
  }

  /** What bands begin on a multiple of: floats of a vector, or for several threads of a line. */
  static int unit(int lanes, int threads) {
    return threads > 1 ? lineOf(lanes) : lanes;
  }

  /**
   * How many threads share an image: all, unless some whole images are as many for each, or the
   * image's lines so few that shares would be too uneven.
   */
  static int sharing(int images, int pixels, int lanes, int threads) {
    if (images % threads == 0) {
      return 1;
    }
    int unit = unit(lanes, threads);
    int most = Math.ceilDiv(new Bands(1, pixels, threads, threads, unit).columns(), lanes);
    boolean uneven = most * threads > UNEVEN * Math.ceilDiv(pixels, lanes);
    return uneven || pixels <= (threads - 1) * unit ? 1 : threads;
  }

  /**
   * Columns of a thread's share of a matrix where each is in memory of its own, or 0 where threads
   * don't share columns so. Shares are of one size; the last may have columns that nobody uses.
   */
  static int share(int columns, int lanes, int threads) {
    if (threads == 1 || sharing(1, columns, lanes, threads) == 1) {
      return 0;
    }
    int line = unit(lanes, threads);
    int size = Math.ceilDiv(Math.ceilDiv(columns, line), threads) * line;
    return size >= FEWEST && Math.ceilDiv(columns, size) == threads ? size : 0;
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
   * @param threads that share the image
   */
  static Bands of(int height, int width, int pixels, int unit, int threads) {
    // Rows that don't end on a whole vector would be written over by the row before.
    if (height == 1 || (width % unit == 0 && width >= 2 * pixels)) {
      int parts = width >= 2 * pixels ? Math.ceilDiv(width, pixels) : 1;
      int across = height == 1 ? Math.ceilDiv(parts, threads) * threads : parts;
      across = Math.min(across, Math.ceilDiv(width, unit));
      return new Bands(height, width, height * across, across, unit);
    }
    int step = 1;
    while (step * width % unit != 0) {
      step++;
    }
    int rows = Math.max(1, Math.round((float) pixels / (step * width))) * step;
    int count = Math.ceilDiv(Math.ceilDiv(height, rows), threads) * threads;
    // Bands of whole rows pack none twice, but may not be as many for each thread.
    int grain = threads == 1 || height % (step * threads) == 0 ? step * width : unit;
    return new Bands(height, width, Math.min(count, Math.ceilDiv(height * width, grain)), 1, grain);
  }

  private int cut(int pixels, int part, int parts) {
    return (int) Math.min(pixels, (long) Math.ceilDiv(pixels, grain) * part / parts * grain);
  }

  int firstPixel(int band) {
    return across == 1
        ? cut(height * width, band, count)
        : band / across * width + firstColumn(band);
  }

  int pixels(int band) {
    return across == 1 ? firstPixel(band + 1) - firstPixel(band) : columnsOf(band);
  }

  /** The first row of which a band has pixels. */
  int firstRow(int band) {
    return firstPixel(band) / width;
  }

  /** Rows of which a band has pixels. */
  int rowsOf(int band) {
    return (firstPixel(band) + pixels(band) - 1) / width + 1 - firstRow(band);
  }

  /** Rows of the highest band. */
  int rows() {
    return IntStream.range(0, count).map(this::rowsOf).max().orElseThrow();
  }

  /** The first column of the rows that a band has parts of. */
  int firstColumn(int band) {
    return cut(width, band % across, across);
  }

  int columnsOf(int band) {
    return across == 1 ? width : cut(width, band % across + 1, across) - firstColumn(band);
  }

  /** Columns of the widest band. */
  int columns() {
    return IntStream.range(0, across).map(this::columnsOf).max().orElseThrow();
  }

  /** Pixels of a band's first row before its first pixel. */
  int lead(int band) {
    return across == 1 ? firstPixel(band) % width : 0;
  }
}
