package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.espalier.engine.kernel.window.Flat;
import org.espalier.engine.kernel.x64.DepthwiseCode;

/** Planes as long rows in machine code; what doesn't fit, on the Vector API. */
final class MachineDepthwise implements Depthwise {
  private final Depthwise other = new VectorDepthwise();
  private final DepthwiseCode code;

  MachineDepthwise(DepthwiseCode code) {
    this.code = code;
  }

  @Override
  public Optional<Flat> flat(Flat.Form form) {
    return code.of(form);
  }

  @Override
  public void spread(
      Strip strip, int rows, int width, MemorySegment x, long xAt, MemorySegment s, long sAt) {
    other.spread(strip, rows, width, x, xAt, s, sAt);
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
    other.convolve(offsets, w, wAt, bias, s, y, yAt, rows, columns, bounds);
  }

  @Override
  public void reduce(
      boolean largest, Panel x, int pixels, int planes, MemorySegment y, long yAt, float scale) {
    code.reduce(largest, x.address(), x.row(), pixels, planes, y.address() + yAt, scale);
  }
}
