package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Panel;

/**
 * The largest or the mean of each window of each channel.
 *
 * @param countPadding whether a mean counts the padding it covers
 * @param bottom rows of padding after the last, which a mean may count
 */
record Pool(
    Kernels kernels,
    Geometry geometry,
    Home.Planes x,
    Home.Planes y,
    boolean max,
    boolean countPadding,
    int bottom,
    int right)
    implements Step {
  /** Channels of a task. */
  private static final int CHUNK = 8;

  @Override
  public int tasks() {
    return Math.ceilDiv(x.batch() * x.channels(), CHUNK);
  }

  @Override
  public double micros() {
    int window = geometry.kernelHeight() * geometry.kernelWidth();
    return (double) x.batch() * x.channels() * y.pixels() * window / 1000;
  }

  @Override
  public void run(Frame frame, int task, int worker) {
    int end = Math.min(x.batch() * x.channels(), (task + 1) * CHUNK);
    for (int channel = task * CHUNK; channel < end; channel++) {
      long from = x.slot().at + channel * x.pitch();
      long to = y.slot().at + channel * y.pitch();
      for (int row = 0; row < geometry.outHeight(); row++) {
        line(frame.memory, from, to + 4L * row * geometry.outWidth(), row);
      }
    }
  }

  private void line(MemorySegment m, long from, long to, int row) {
    Geometry g = geometry;
    int dilation = g.dilationHeight();
    int top = row * g.strideHeight() - g.top();
    int first = top < 0 ? Math.ceilDiv(-top, dilation) : 0;
    int last = Math.clamp(Math.ceilDiv(g.height() - top, dilation), 0, g.kernelHeight());
    // Windows that lie inside from left to right go by vectors, the others one by one.
    int inner = Math.ceilDiv(g.left(), g.strideWidth());
    int room = g.width() - g.kernelWidth() + g.left();
    int outer = room < 0 ? inner : Math.min(g.outWidth(), room / g.strideWidth() + 1);
    if (g.dilationWidth() == 1 && g.strideWidth() <= 2 && inner < outer && first < last) {
      int high =
          countPadding
              ? inside(top, g.kernelHeight(), dilation, g.height() + bottom)
              : last - first;
      long at =
          from
              + 4L
                  * ((long) (top + first * dilation) * g.width()
                      + (long) inner * g.strideWidth()
                      - g.left());
      kernels.windows(
          max,
          last - first,
          g.kernelWidth(),
          g.strideWidth(),
          new Panel(m, at, 4L * dilation * g.width()),
          m,
          to + 4L * inner,
          outer - inner,
          1f / (high * g.kernelWidth()));
    } else {
      outer = inner;
    }
    for (int column = 0; column < g.outWidth(); column++) {
      if (column == inner) {
        column = outer;
        if (column >= g.outWidth()) {
          break;
        }
      }
      int left = column * g.strideWidth() - g.left();
      int begin = left < 0 ? Math.ceilDiv(-left, g.dilationWidth()) : 0;
      int end = Math.clamp(Math.ceilDiv(g.width() - left, g.dilationWidth()), 0, g.kernelWidth());
      float best = Float.NEGATIVE_INFINITY;
      float sum = 0;
      for (int i = first; i < last; i++) {
        long at = from + 4L * ((long) (top + i * dilation) * g.width() + left);
        for (int j = begin; j < end; j++) {
          float value = m.get(ValueLayout.JAVA_FLOAT, at + 4L * j * g.dilationWidth());
          best = Math.max(best, value);
          sum += value;
        }
      }
      int count = Math.max(0, last - first) * Math.max(0, end - begin);
      if (countPadding) {
        count =
            inside(top, g.kernelHeight(), dilation, g.height() + bottom)
                * inside(left, g.kernelWidth(), g.dilationWidth(), g.width() + right);
      }
      m.set(ValueLayout.JAVA_FLOAT, to + 4L * column, max ? best : sum / count);
    }
  }

  /** How many taps lie before {@code limit}: a window may reach past the padding, rounding up. */
  private static int inside(int start, int kernel, int dilation, int limit) {
    return Math.min(kernel, Math.ceilDiv(limit - start, dilation));
  }
}
