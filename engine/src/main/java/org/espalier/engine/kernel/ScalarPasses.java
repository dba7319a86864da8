package org.espalier.engine.kernel;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The passes as their formulas, one number at a time. */
final class ScalarPasses implements Passes {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private final int tile;

  ScalarPasses(int lanes) {
    tile = Kernels.TILE * lanes;
  }

  @Override
  public void normaliseColumns(
      Norm norm, int rows, int count, Panel x, MemorySegment s, long sAt, long bAt, Panel y) {
    for (long i = 0; i < 4L * count; i += 4) {
      normalise(
          norm,
          rows,
          x.memory(),
          x.at() + i,
          x.row(),
          s,
          sAt,
          bAt,
          y.memory(),
          y.at() + i,
          y.row());
    }
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
    normalise(norm, rows, x, xAt, 4, s, sAt, bAt, y, yAt, 4);
  }

  private static void normalise(
      Norm norm,
      int rows,
      MemorySegment x,
      long xAt,
      long xStep,
      MemorySegment s,
      long sAt,
      long bAt,
      MemorySegment y,
      long yAt,
      long yStep) {
    double mean = 0;
    for (int r = 0; norm.centred() && r < rows; r++) {
      mean += x.get(FLOAT, xAt + r * xStep) / (double) rows;
    }
    double variance = 0;
    for (int r = 0; r < rows; r++) {
      double d = x.get(FLOAT, xAt + r * xStep) - mean;
      variance += d * d / rows;
    }
    double inverse = 1 / Math.sqrt(variance + norm.epsilon());
    for (int r = 0; r < rows; r++) {
      double scaled = (x.get(FLOAT, xAt + r * xStep) - mean) * inverse * s.get(FLOAT, sAt + 4L * r);
      y.set(FLOAT, yAt + r * yStep, (float) (scaled + (bAt < 0 ? 0 : s.get(FLOAT, bAt + 4L * r))));
    }
  }

  @Override
  public void softmaxTile(
      int rows, Panel x, float scale, Mask mask, MemorySegment inverse, long inverseAt) {
    for (int i = 0; i < tile; i++) {
      double largest = Double.NEGATIVE_INFINITY;
      for (int r = 0; r < rows; r++) {
        long at = x.at(r) + 4L * i;
        float score = x.memory().get(FLOAT, at) * scale;
        if (mask.memory() != null) {
          long from = mask.at() + r * mask.pitch() + i * mask.step();
          float masked = mask.memory().get(FLOAT, from);
          score = !mask.replaces() ? score + masked : masked == 0 ? score : masked;
        }
        x.memory().set(FLOAT, at, score);
        largest = Math.max(largest, score);
      }
      double sum = 0;
      for (int r = 0; r < rows; r++) {
        long at = x.at(r) + 4L * i;
        float e = (float) Math.exp(x.memory().get(FLOAT, at) - largest);
        x.memory().set(FLOAT, at, e);
        sum += e;
      }
      inverse.set(FLOAT, inverseAt + 4L * i, (float) (1 / sum));
    }
  }

  @Override
  public void scaleColumns(
      int rows, int count, Panel x, MemorySegment factor, long factorAt, Panel y) {
    for (int r = 0; r < rows; r++) {
      for (long i = 0; i < 4L * count; i += 4) {
        float product = x.memory().get(FLOAT, x.at(r) + i) * factor.get(FLOAT, factorAt + i);
        y.memory().set(FLOAT, y.at(r) + i, product);
      }
    }
  }

  @Override
  public void softmaxRow(
      int count, MemorySegment x, long xAt, MemorySegment y, long yAt, boolean log) {
    double largest = reduce(Kernels.Combine.MAX, x, xAt, count);
    double sum = 0;
    for (long i = 0; i < 4L * count; i += 4) {
      sum += Math.exp(x.get(FLOAT, xAt + i) - largest);
    }
    for (long i = 0; i < 4L * count; i += 4) {
      double d = x.get(FLOAT, xAt + i) - largest;
      y.set(FLOAT, yAt + i, (float) (log ? d - Math.log(sum) : Math.exp(d) / sum));
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
    for (long i = 0; i < count; i++) {
      float left = a.get(FLOAT, aAt + i * aStep);
      float right = b.get(FLOAT, bAt + i * bStep);
      y.set(FLOAT, yAt + 4 * i, ScalarKernels.combine(op, left, right));
    }
  }

  @Override
  public float reduce(Kernels.Combine op, MemorySegment x, long xAt, long count) {
    double result = x.get(FLOAT, xAt);
    for (long i = 4; i < 4 * count; i += 4) {
      float v = x.get(FLOAT, xAt + i);
      result =
          op == Kernels.Combine.ADD ? result + v : ScalarKernels.combine(op, (float) result, v);
    }
    return (float) result;
  }
}
