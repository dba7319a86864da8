package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Curve;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Panel;
import org.espalier.engine.kernel.window.Flat;

/**
 * A depthwise convolution or pool over planes as long rows; see {@link Flat}. Small planes are
 * copied between zeros, many channels in one call; of large ones only the rows at the upper and the
 * lower border, the others are read in place at a stride of 1.
 *
 * @param constants weights of all channels, then their biases; of a pool one number
 * @param bands where bands of output rows begin, and where the last ends
 * @param inner which band needs no padding, or -1
 * @param outAt where in a worker's scratch a band of output goes whose rows have gaps, or -1
 * @param factors what each pixel is multiplied with in the end
 */
record FlatConvolution(
    Kernels kernels,
    Flat flat,
    Flat.Form form,
    Geometry geometry,
    int multiplier,
    MemorySegment constants,
    int[] bands,
    int inner,
    Home.Planes x,
    Home.Planes y,
    List<Slot> scratch,
    long outAt,
    Optional<Slot> residual,
    Optional<MemorySegment> factors,
    Bounds bounds,
    Optional<Curve> curve)
    implements Step {
  /** Floats of a task, about. */
  private static final int CHUNK = 16 * 1024;

  /** Bytes before the first row, which taps left of it read. */
  static long lead(Geometry geometry) {
    return 64 * Math.ceilDiv(4L * geometry.left(), 64);
  }

  /** Bytes of a phase of a band's padded rows, with what vectors write and read too far. */
  static int phase(Geometry geometry, int pitch, int bandRows) {
    int stride = geometry.strideWidth();
    int rows = Math.ceilDiv(DepthwiseConvolution.stripRows(geometry, bandRows), stride);
    int window = geometry.kernelWidth() * geometry.dilationWidth();
    int floats = (rows + 1) * pitch + geometry.width() + window + 64;
    return 64 * Math.ceilDiv(4 * floats, 64);
  }

  private int channelsPerTask() {
    return Math.max(1, CHUNK / Math.max(x.pixels(), y.pixels()));
  }

  @Override
  public int tasks() {
    return Math.ceilDiv(x.batch() * x.channels(), channelsPerTask());
  }

  @Override
  public double micros() {
    double vectors = (double) y.batch() * y.channels() * y.pixels() / kernels.lanes();
    return vectors * (form.kernelHeight() * form.kernelWidth() + 2) * 2e-4;
  }

  @Override
  public void run(Frame frame, int task, int worker) {
    MemorySegment m = frame.memory;
    int first = task * channelsPerTask();
    int last = Math.min(x.batch() * x.channels(), first + channelsPerTask());
    long room = scratch.get(worker).at + lead(geometry);
    if (bands.length == 2 && multiplier == 1 && outAt < 0) {
      // Weights begin anew with each image.
      for (int from = first; from < last; ) {
        int to = Math.min(last, (from / x.channels() + 1) * x.channels());
        band(m, from, to - from, 0, room);
        from = to;
      }
    } else {
      for (int channel = first; channel < last; channel++) {
        for (int band = 0; band + 1 < bands.length; band++) {
          band(m, channel, 1, band, room);
        }
      }
    }
    for (int index = first * multiplier; index < last * multiplier; index++) {
      finish(m, index * y.pitch());
    }
  }

  private void band(MemorySegment m, int channel, int channels, int band, long room) {
    int first = bands[band];
    int outRows = bands[band + 1] - first;
    int top = first * geometry.strideHeight() - geometry.top();
    long plane = x.slot().at + channel * x.pitch();
    long out = room - lead(geometry) + outAt;
    if (band == inner) {
      long base = plane + 4L * top * geometry.width();
      call(m, channel, channels, 0, plane, base, base, base, out, first, outRows);
      return;
    }
    int rows = DepthwiseConvolution.stripRows(geometry, outRows);
    int before = Math.clamp(-(long) top, 0, rows);
    int end = Math.clamp((long) geometry.height() - top, before, rows);
    for (int row = 0; row < rows; row++) {
      if (row < before || row >= end) {
        for (int phase = 0; phase < form.stride(); phase++) {
          pad(m.asSlice(row(room, row) + phase * (long) form.phase(), 4L * form.pitch()));
        }
      }
    }
    long from = plane + 4L * (top + before) * geometry.width();
    long to = row(room, before);
    long next = row(room, before + 1);
    call(m, channel, channels, end - before, from, to, next, room, out, first, outRows);
  }

  private void pad(MemorySegment row) {
    row.fill((byte) 0);
    for (int k = 0; form.largest() && k < form.pitch(); k++) {
      row.setAtIndex(ValueLayout.JAVA_FLOAT, k, form.outside());
    }
  }

  /** Where a padded row lies. */
  private long row(long room, int row) {
    int stride = form.stride();
    return room
        + (long) (row % stride) * stride * form.phase()
        + 4L * (row / stride) * form.pitch();
  }

  private void call(
      MemorySegment m,
      int channel,
      int channels,
      int rows,
      long from,
      long first,
      long next,
      long base,
      long out,
      int outRow,
      int outRows) {
    int taps = form.kernelHeight() * form.kernelWidth();
    long biases = 4L * taps * y.channels();
    for (int copy = 0; copy < multiplier; copy++) {
      int index = channel * multiplier + copy;
      int weights = index % y.channels();
      long plane = y.slot().at + index * y.pitch() + 4L * outRow * form.outWidth();
      long to = outAt < 0 ? plane : out;
      flat.run(
          new Flat.Span(
              m,
              from,
              x.pitch(),
              channels,
              copy == 0 ? rows : 0,
              first,
              next,
              base,
              to,
              y.pitch(),
              (outRows - 1) * form.pitch() + form.outWidth(),
              constants,
              form.largest() ? 0 : 4L * taps * weights,
              form.largest() ? 0 : biases + 4L * weights),
          bounds.low(),
          bounds.high());
      if (outAt >= 0) {
        long row = 4L * form.pitch();
        int width = form.outWidth();
        var made = new Panel(m, out, row);
        kernels.compact(outRows, width, made, new Panel(m, plane, 4L * width), null, Bounds.NONE);
      }
    }
  }

  private void finish(MemorySegment m, long plane) {
    long at = y.slot().at + plane;
    if (residual.isPresent()) {
      long other = residual.get().at + plane;
      kernels.combine(Kernels.Combine.ADD, m, at, m, other, m, at, y.pixels(), bounds);
    }
    if (factors.isPresent()) {
      kernels.combine(Kernels.Combine.MUL, m, at, factors.get(), 0, m, at, y.pixels(), Bounds.NONE);
    }
    if (curve.isPresent()) {
      kernels.curve(curve.get(), m, at, m, at, y.pixels());
    }
  }
}
