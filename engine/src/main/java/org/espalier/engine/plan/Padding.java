package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Panel;

/**
 * Copies channels into their padded phases; see {@link Geometry}.
 *
 * @param channelBytes of all phases of a channel
 */
record Padding(
    Kernels kernels,
    Geometry geometry,
    int[] rowPhases,
    int[] columnPhases,
    Home.Planes x,
    Slot to,
    long phaseBytes,
    long channelBytes)
    implements Step {
  @Override
  public int tasks() {
    return x.batch() * x.channels();
  }

  @Override
  public double micros() {
    return tasks() * (channelBytes / 16_000.0);
  }

  @Override
  public void run(Frame frame, int task, int worker) {
    MemorySegment m = frame.memory;
    long from = x.slot().at + task * x.pitch();
    long at = to.at + task * channelBytes;
    m.asSlice(at, channelBytes).fill((byte) 0);
    for (int rowPhase : rowPhases) {
      for (int columnPhase : columnPhases) {
        phase(m, from, at, rowPhase - geometry.top(), columnPhase - geometry.left());
        at += phaseBytes;
      }
    }
  }

  /** The part of a phase that lies inside the input, whose first pixel is (y, x) of the input. */
  private void phase(MemorySegment m, long from, long at, int y, int x) {
    int high = geometry.strideHeight();
    int wide = geometry.strideWidth();
    int pitch = geometry.pitch();
    int top = Math.max(0, Math.ceilDiv(-y, high));
    int left = Math.max(0, Math.ceilDiv(-x, wide));
    int rows = Math.min(geometry.rows(), Math.ceilDiv(geometry.height() - y, high)) - top;
    int columns = Math.min(pitch, Math.ceilDiv(geometry.width() - x, wide)) - left;
    if (rows <= 0 || columns <= 0) {
      return;
    }
    long width = 4L * geometry.width();
    long in = from + (y + (long) top * high) * width + 4L * (x + (long) left * wide);
    long out = at + 4L * ((long) top * pitch + left);
    if (wide == 1) {
      var image = new Panel(m, in, width * high);
      kernels.compact(rows, columns, image, new Panel(m, out, 4L * pitch), null, Bounds.NONE);
      return;
    }
    for (int row = 0; row < rows; row++) {
      long line = in + row * width * high;
      long target = out + 4L * row * pitch;
      if (wide == 2) {
        kernels.windows(true, 1, 1, 2, new Panel(m, line), m, target, columns, 1);
      } else {
        for (int j = 0; j < columns; j++) {
          float value = m.get(ValueLayout.JAVA_FLOAT, line + 4L * j * wide);
          m.set(ValueLayout.JAVA_FLOAT, target + 4L * j, value);
        }
      }
    }
  }
}
