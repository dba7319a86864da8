package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How many numbers a mean over each window divides by.
 *
 * @param countPadding whether padding counts
 * @param bottom rows of padding after the last
 */
record WindowCounts(Geometry geometry, boolean countPadding, int bottom, int right) {
  private int rows(int row) {
    Geometry g = geometry;
    int start = row * g.strideHeight() - g.top();
    return count(start, g.kernelHeight(), g.dilationHeight(), g.height(), bottom);
  }

  private int columns(int column) {
    Geometry g = geometry;
    int start = column * g.strideWidth() - g.left();
    return count(start, g.kernelWidth(), g.dilationWidth(), g.width(), right);
  }

  /** A window may reach past the padding, rounding up: what is there never counts. */
  private int count(int start, int kernel, int dilation, int size, int padding) {
    int first = countPadding || start >= 0 ? 0 : Math.ceilDiv(-start, dilation);
    int limit = countPadding ? size + padding : size;
    return Math.max(0, Math.min(kernel, Math.ceilDiv(limit - start, dilation)) - first);
  }

  /** Whether all windows count as many numbers as the kernel has. */
  boolean areAll(long[] kernel) {
    long taps = 1;
    for (long size : kernel) {
      taps *= size;
    }
    for (int row = 0; row < geometry.outHeight(); row++) {
      for (int column = 0; column < geometry.outWidth(); column++) {
        if ((long) rows(row) * columns(column) != taps) {
          return false;
        }
      }
    }
    return true;
  }

  /** What to multiply each window's sum with. */
  MemorySegment reciprocals() {
    int width = geometry.outWidth();
    // A vector is read to its end.
    MemorySegment factors = Weights.aligned(4L * (geometry.outHeight() * width + 16));
    for (int row = 0; row < geometry.outHeight(); row++) {
      for (int column = 0; column < width; column++) {
        float factor = 1f / (rows(row) * columns(column));
        factors.setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * width + column, factor);
      }
    }
    return factors;
  }
}
