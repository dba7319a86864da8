package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;
import org.espalier.engine.kernel.x64.X64;

/** The softmax of attention in machine code, all other passes on the Vector API. */
final class MachinePasses extends VectorPasses {
  private final X64 code;

  MachinePasses(X64 code) {
    this.code = code;
  }

  @Override
  public void softmaxTile(
      int rows, Panel x, float scale, Mask mask, MemorySegment inverse, long inverseAt) {
    if (mask.replaces() || rows == 0) {
      super.softmaxTile(rows, x, scale, mask, inverse, inverseAt);
      return;
    }
    code.softmax(
        rows,
        Kernels.TILE,
        x.address(),
        x.row(),
        scale,
        mask.memory() == null ? 0 : mask.memory().address() + mask.at(),
        mask.pitch(),
        mask.step() != 0,
        inverse.address() + inverseAt);
  }
}
