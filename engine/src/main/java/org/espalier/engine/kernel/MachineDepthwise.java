package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.espalier.engine.kernel.window.Flat;
import org.espalier.engine.kernel.x64.DepthwiseCode;

/** Planes as long rows in machine code; what doesn't fit, on the Vector API. */
final class MachineDepthwise extends VectorDepthwise {
  private final DepthwiseCode code;

  MachineDepthwise(DepthwiseCode code) {
    this.code = code;
  }

  @Override
  public Optional<Flat> flat(Flat.Form form) {
    return code.of(form);
  }

  @Override
  public void reduce(
      boolean largest, Panel x, int pixels, int planes, MemorySegment y, long yAt, float scale) {
    code.reduce(largest, x.address(), x.row(), pixels, planes, y.address() + yAt, scale);
  }
}
