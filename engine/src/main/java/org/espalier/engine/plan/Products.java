package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Kernels;
import org.espalier.engine.kernel.Panel;

/** The one place where activations are multiplied by activations. */
final class Products {
  private Products() {}

  /**
   * Some rows of one tile: {@code c[r][i] = sum over k of a[r][k] * b[k][i]}.
   *
   * @param pitch bytes between rows of {@code b}
   * @param zeros where a tile of zeros lies
   * @param row bytes between rows of {@code c}
   */
  static void multiply(
      Kernels kernels,
      int rows,
      int depth,
      Kernels.Operand a,
      MemorySegment m,
      long b,
      long pitch,
      long zeros,
      long c,
      long row) {
    int[] offsets = new int[depth];
    for (int k = 0; k < depth; k++) {
      offsets[k] = (int) (k * pitch);
    }
    var start = new Kernels.Start(m, zeros, 0, 0);
    kernels.denseTile(rows, a, m, b, offsets, start, new Panel(m, c, row), Bounds.NONE);
  }
}
