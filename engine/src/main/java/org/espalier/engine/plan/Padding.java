package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Copies channels into their padded phases; see {@link Geometry}.
 *
 * @param channelBytes of all phases of a channel
 */
record Padding(Geometry geometry, Home.Planes x, Slot to, long phaseBytes, long channelBytes)
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
    int pitch = geometry.pitch();
    for (int rowPhase : geometry.rowPhases()) {
      for (int columnPhase : geometry.columnPhases()) {
        for (int row = 0; row < geometry.rows(); row++) {
          int y = row * geometry.strideHeight() + rowPhase - geometry.top();
          long line = at + 4L * row * pitch;
          if (y < 0 || y >= geometry.height()) {
            m.asSlice(line, 4L * pitch).fill((byte) 0);
          } else {
            fill(m, from + 4L * y * geometry.width(), line, columnPhase - geometry.left());
          }
        }
        at += phaseBytes;
      }
    }
  }

  /** One line of a phase, whose first pixel is column {@code first} of the input. */
  private void fill(MemorySegment m, long from, long line, int first) {
    int stride = geometry.strideWidth();
    int pitch = geometry.pitch();
    int begin = Math.min(pitch, Math.max(0, Math.ceilDiv(-first, stride)));
    int end = Math.clamp(Math.ceilDiv(geometry.width() - first, stride), begin, pitch);
    for (int j = 0; j < begin; j++) {
      m.set(ValueLayout.JAVA_FLOAT, line + 4L * j, 0);
    }
    if (stride == 1) {
      MemorySegment.copy(m, from + 4L * (first + begin), m, line + 4L * begin, 4L * (end - begin));
    } else {
      for (int j = begin; j < end; j++) {
        float value = m.get(ValueLayout.JAVA_FLOAT, from + 4L * ((long) j * stride + first));
        m.set(ValueLayout.JAVA_FLOAT, line + 4L * j, value);
      }
    }
    for (int j = end; j < pitch; j++) {
      m.set(ValueLayout.JAVA_FLOAT, line + 4L * j, 0);
    }
  }
}
