package org.espalier.engine.kernel;

import java.lang.foreign.MemorySegment;

/** The passes on the JDK's Vector API. */
class VectorPasses implements Passes {
  @Override
  public void normaliseColumns(
      Norm norm, int rows, int count, Panel x, MemorySegment s, long sAt, long bAt, Panel y) {
    NormaliseColumns.run(norm, rows, count, x, s, sAt, bAt, y);
  }

  @Override
  public void normaliseRow(
      Norm norm,
      int rows,
      MemorySegment x,
      long xAt,
      MemorySegment s,
      long sAt,
      long bAt,
      MemorySegment y,
      long yAt) {
    Rowwise.normalise(norm, rows, x, xAt, s, sAt, bAt, y, yAt);
  }

  @Override
  public void softmaxTile(
      int rows, Panel x, float scale, Mask mask, MemorySegment inverse, long inverseAt) {
    SoftmaxTile.run(rows, x, scale, mask, inverse, inverseAt);
  }

  @Override
  public void scaleColumns(
      int rows, int count, Panel x, MemorySegment factor, long factorAt, Panel y) {
    SoftmaxTile.scale(rows, count, x, factor, factorAt, y);
  }

  @Override
  public void softmaxRow(
      int count, MemorySegment x, long xAt, MemorySegment y, long yAt, boolean log) {
    if (log) {
      Rowwise.logSoftmax(count, x, xAt, y, yAt);
    } else {
      Rowwise.softmax(count, x, xAt, y, yAt);
    }
  }

  @Override
  public void combine(
      Kernels.Combine op,
      MemorySegment a,
      long aAt,
      long aStep,
      MemorySegment b,
      long bAt,
      long bStep,
      MemorySegment y,
      long yAt,
      long count) {
    Broadcasts.combine(op, a, aAt, aStep, b, bAt, bStep, y, yAt, count);
  }

  @Override
  public float reduce(Kernels.Combine op, MemorySegment x, long xAt, long count) {
    int exact = Math.toIntExact(count);
    return switch (op) {
      case ADD -> Rowwise.sum(exact, x, xAt);
      case MAX -> Rowwise.max(exact, x, xAt);
      default -> SCALAR.reduce(op, x, xAt, count);
    };
  }

  private static final Passes SCALAR = new ScalarPasses(Simd.LANES);
}
