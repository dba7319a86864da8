package org.espalier.engine.kernel;

import org.espalier.engine.kernel.Kernels.Operand;
import org.espalier.engine.kernel.Kernels.Start;
import org.espalier.engine.kernel.x64.X64;

/**
 * A dense product {@code c = start + a b} of {@link Kernels#TILE} vectors in width, to be run as
 * machine code, whole or in parts.
 *
 * @param depth how many columns {@code a} and rows {@code b} have
 * @param start what sums start from, null for zero; with {@code scales} what they are multiplied by
 */
record DenseProduct(
    int rows, int depth, Operand a, Panel b, Start start, boolean scales, Panel c, Bounds bounds) {

  /** The part of each sum that columns {@code first} to {@code end}, exclusive, make. */
  DenseProduct columns(int first, int end, Start from, Bounds within) {
    var left = new Operand(a.memory(), a.at() + first * a.step(), a.row(), a.step());
    var right = new Panel(b.memory(), b.at(first), b.row());
    return new DenseProduct(rows, end - first, left, right, from, scales, c, within);
  }

  /** The rows from {@code first} on. */
  DenseProduct below(int first) {
    var left = new Operand(a.memory(), a.at() + first * a.row(), a.row(), a.step());
    Start from =
        start == null
            ? null
            : new Start(
                start.memory(), start.at() + first * start.row(), start.row(), start.step());
    var to = new Panel(c.memory(), c.at(first), c.row());
    return new DenseProduct(rows - first, depth, left, b, from, scales, to, bounds);
  }

  /** Runs {@code groups} groups of {@code height} rows, {@code width} vectors at a time. */
  void run(X64 code, int groups, int height, int width) {
    if (groups > 0) {
      code.tile(
          groups,
          height,
          Kernels.TILE / width,
          width,
          depth,
          a.memory().address() + a.at(),
          a.row(),
          a.step(),
          b.address(),
          b.row(),
          start == null ? 0 : start.memory().address() + start.at(),
          start == null ? 0 : start.row(),
          start == null ? 0 : start.step(),
          scales,
          c.address(),
          c.row(),
          bounds.low(),
          bounds.high());
    }
  }
}
