package org.espalier.engine.kernel;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.espalier.engine.kernel.window.Flat;

/** The formulas of {@link Depthwise}, one number at a time. */
final class ScalarDepthwise implements Depthwise {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private final int lanes;

  ScalarDepthwise(int lanes) {
    this.lanes = lanes;
  }

  @Override
  public void spread(
      Strip strip, int rows, int width, MemorySegment x, long xAt, MemorySegment s, long sAt) {
    for (int row = 0; row < rows; row++) {
      for (int q = 0; q < strip.columns(); q++) {
        int column = q - strip.left();
        boolean inside = column >= 0 && column < width;
        float value = inside ? x.get(FLOAT, xAt + 4L * (row * (long) width + column)) : 0;
        s.set(FLOAT, sAt + row * strip.row() + strip.column(q), value);
      }
    }
  }

  @Override
  public void convolve(
      int[] offsets,
      float[] w,
      int wAt,
      float bias,
      Panel s,
      MemorySegment y,
      long yAt,
      int rows,
      int columns,
      Bounds bounds) {
    for (int row = 0; row < rows; row++) {
      for (int c = 0; c < Math.max(columns, lanes); c++) {
        float sum = bias;
        for (int k = 0; k < offsets.length; k++) {
          sum = Math.fma(w[wAt + k], s.memory().get(FLOAT, s.at(row) + offsets[k] + 4L * c), sum);
        }
        y.set(FLOAT, yAt + 4L * (row * (long) columns + c), bounds.clamp(sum));
      }
    }
  }

  @Override
  public void reduce(
      boolean largest, Panel x, int pixels, int planes, MemorySegment y, long yAt, float scale) {
    for (int plane = 0; plane < planes; plane++) {
      float best = Flat.LOWEST;
      double sum = 0;
      for (int p = 0; p < pixels; p++) {
        float value = x.memory().get(FLOAT, x.at(plane) + 4L * p);
        best = value > best ? value : best;
        sum += value;
      }
      y.set(FLOAT, yAt + 4L * plane, largest ? best : (float) (sum * scale));
    }
  }
}
