package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Curve;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Panel;
import org.espalier.engine.kernel.Strip;

/**
 * A convolution in as many groups as channels: band by band, a channel's rows are padded into
 * scratch memory that stays in the nearest cache, and convolved from there; then comes what follows
 * the convolution, while the channel is in cache.
 *
 * @param multiplier output channels of each input channel
 * @param offsets bytes from an output pixel to the input of each tap
 * @param bandRows output rows of a band
 * @param scratch for each worker a strip, and a band of output where it can't be made in place
 * @param outAt where that band lies in a worker's scratch, or -1
 */
record DepthwiseConvolution(
    Kernels kernels,
    Geometry geometry,
    Strip strip,
    int multiplier,
    int[] offsets,
    float[] weights,
    float[] bias,
    int bandRows,
    Home.Planes x,
    Home.Planes y,
    List<Slot> scratch,
    long outAt,
    Optional<Slot> residual,
    Bounds bounds,
    Optional<Curve> curve)
    implements Step {
  /** Input floats of a task, about. */
  private static final int CHUNK = 16 * 1024;

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
    return vectors * (offsets.length + 2) * 3e-4;
  }

  @Override
  public void run(Frame frame, int task, int worker) {
    int first = task * channelsPerTask();
    int last = Math.min(x.batch() * x.channels(), first + channelsPerTask());
    long room = scratch.get(worker).at;
    for (int channel = first; channel < last; channel++) {
      for (int row = 0; row < geometry.outHeight(); row += bandRows) {
        int rows = Math.min(bandRows, geometry.outHeight() - row);
        spread(frame.memory, x.slot().at + channel * x.pitch(), room, row, rows);
        for (int copy = 0; copy < multiplier; copy++) {
          convolve(frame.memory, channel * multiplier + copy, room, row, rows);
        }
      }
      for (int copy = 0; copy < multiplier; copy++) {
        finish(frame.memory, (channel * multiplier + copy) * y.pitch());
      }
    }
  }

  /** Pads the input of some output rows. */
  private void spread(MemorySegment m, long from, long to, int outRow, int outRows) {
    int first = outRow * geometry.strideHeight() - geometry.top();
    int rows = stripRows(geometry, outRows);
    int before = Math.clamp(-(long) first, 0, rows);
    int inside = Math.clamp((long) geometry.height() - first, before, rows);
    m.asSlice(to, before * strip.row()).fill((byte) 0);
    int width = geometry.width();
    long at = from + 4L * (first + before) * width;
    kernels.depthwise().spread(strip, inside - before, width, m, at, m, to + before * strip.row());
    m.asSlice(to + inside * strip.row(), (rows - inside) * strip.row()).fill((byte) 0);
  }

  /** How many padded rows the windows of some output rows cover. */
  static int stripRows(Geometry geometry, int outRows) {
    return (outRows - 1) * geometry.strideHeight()
        + (geometry.kernelHeight() - 1) * geometry.dilationHeight()
        + 1;
  }

  private void convolve(MemorySegment m, int index, long room, int row, int rows) {
    int channel = index % y.channels();
    long target = y.slot().at + index * y.pitch() + 4L * row * geometry.outWidth();
    long result = outAt < 0 ? target : room + outAt;
    kernels
        .depthwise()
        .convolve(
            offsets,
            weights,
            channel * offsets.length,
            bias[channel],
            new Panel(m, room, strip.row() * geometry.strideHeight()),
            m,
            result,
            rows,
            geometry.outWidth(),
            residual.isPresent() ? Bounds.NONE : bounds);
    if (outAt >= 0) {
      MemorySegment.copy(m, result, m, target, 4L * rows * geometry.outWidth());
    }
  }

  private void finish(MemorySegment m, long plane) {
    long at = y.slot().at + plane;
    if (residual.isPresent()) {
      long other = residual.get().at + plane;
      kernels.combine(Kernels.Combine.ADD, m, at, m, other, m, at, y.pixels(), bounds);
    }
    if (curve.isPresent()) {
      kernels.curve(curve.get(), m, at, m, at, y.pixels());
    }
  }
}
