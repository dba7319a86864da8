package org.espalier.engine.kernel;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The kernels as their formulas, one number at a time. */
final class ScalarKernels implements Kernels {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private final int lanes;

  ScalarKernels(int lanes) {
    this.lanes = lanes;
  }

  @Override
  public String name() {
    return "scalar Java";
  }

  @Override
  public boolean areFast() {
    return false;
  }

  @Override
  public int lanes() {
    return lanes;
  }

  @Override
  public Passes passes() {
    return new ScalarPasses(lanes);
  }

  @Override
  public int[] heights() {
    return new int[] {1, 2, 3, 4};
  }

  @Override
  public int tile(int height) {
    return 3;
  }

  @Override
  public void product(
      Strips w,
      int block,
      MemorySegment x,
      long xAt,
      Panel y,
      Panel start,
      int vectors,
      Bounds bounds) {
    long in = w.starts[block];
    for (int strip = 0; strip < w.strips; strip++) {
      int count = w.count(block, strip);
      for (int r = 0; r < w.height; r++) {
        int row = strip * w.height + r;
        for (int p = 0; p < vectors * lanes; p++) {
          long at = y.at(row) + 4L * p;
          float sum = block > 0 ? y.memory().get(FLOAT, at) : w.bias.get(FLOAT, 4L * row);
          if (block == 0 && start != null) {
            sum += start.memory().get(FLOAT, start.at(row) + 4L * p);
          }
          for (int k = 0; k < count; k++) {
            long from = in + k * (4L + 4L * w.height);
            float weight = w.stream.get(FLOAT, from + 4 + 4L * r);
            sum = Math.fma(weight, x.get(FLOAT, xAt + w.stream.get(INT, from) + 4L * p), sum);
          }
          y.memory().set(FLOAT, at, block == w.blocks - 1 ? bounds.clamp(sum) : sum);
        }
      }
      in += count * (4L + 4L * w.height);
    }
  }

  @Override
  public void pack(
      int stride, Channels x, Channels y, int rows, int channels, Copies copies, int width) {
    strided(stride, x, y, rows, channels, copies, width);
  }

  /** {@link #pack} for any stride. */
  static void strided(
      int stride, Channels x, Channels y, int rows, int channels, Copies copies, int width) {
    for (int channel = 0; channel < channels; channel++) {
      for (int copy = 0; copy < copies.count(); copy++) {
        for (int row = 0; row < rows; row++) {
          long in = x.at(channel, row) + copies.from(copy);
          long out = y.at(channel, row) + copies.to(copy);
          for (int p = 0; p < width; p++) {
            boolean kept = copies.masks().get(INT, copies.mask(copy) + 4L * p) != 0;
            float value = kept ? x.memory().get(FLOAT, in + 4L * p * stride) : 0;
            y.memory().set(FLOAT, out + 4L * p, value);
          }
        }
      }
    }
  }

  @Override
  public void sparseVector(
      LanePacked w,
      int from,
      int to,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      Bounds bounds) {
    for (int row = from * w.lanes; row < to * w.lanes; row++) {
      float sum = w.bias[row];
      for (int window = 0; window < w.windows; window++) {
        int cell = row / w.lanes * w.windows + window;
        for (int step = w.starts[cell]; step < w.starts[cell + 1]; step++) {
          int k = step * w.lanes + row % w.lanes;
          int column = window * 2 * w.lanes + w.columns[k];
          sum = Math.fma(w.values[k], x.get(FLOAT, xAt + 4L * column), sum);
        }
      }
      y.set(FLOAT, yAt + 4L * row, bounds.clamp(sum));
    }
  }

  @Override
  public void denseTile(
      int rows, int depth, Operand a, Panel b, Start start, Panel c, Bounds bounds) {
    for (int row = 0; row < rows; row++) {
      for (int p = 0; p < TILE * lanes; p++) {
        float sum = 0;
        if (start != null) {
          long from = start.at() + row * start.row() + p / lanes * start.step();
          sum = start.memory().get(FLOAT, from + 4L * (p % lanes));
        }
        for (int k = 0; k < depth; k++) {
          float left = a.memory().get(FLOAT, a.at() + row * a.row() + k * a.step());
          sum = Math.fma(left, b.memory().get(FLOAT, b.at(k) + 4L * p), sum);
        }
        c.memory().set(FLOAT, c.at(row) + 4L * p, bounds.clamp(sum));
      }
    }
  }

  @Override
  public void curve(Curve curve, MemorySegment x, long xAt, MemorySegment y, long yAt, long count) {
    for (long i = 0; i < 4 * count; i += 4) {
      double v = x.get(FLOAT, xAt + i);
      double result =
          switch (curve) {
            case SIGMOID -> 1 / (1 + Math.exp(-v));
            case TANH -> Math.tanh(v);
            case SILU -> v / (1 + Math.exp(-v));
            case HARD_SWISH -> v * Math.clamp(v / 6 + 0.5, 0, 1);
            case GELU -> v / 2 * (1 + erf(v / Math.sqrt(2)));
            case GELU_TANH ->
                v / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)));
            case EXP -> Math.exp(v);
            case ERF -> erf(v);
            case SQRT -> Math.sqrt(v);
            case RECIPROCAL -> 1 / v;
            case NEG -> -v;
            case ABS -> Math.abs(v);
            case LOG -> Math.log(v);
            case SIN -> Math.sin(v);
            case COS -> Math.cos(v);
          };
      y.set(FLOAT, yAt + i, (float) result);
    }
  }

  /** Abramowitz and Stegun 7.1.26. */
  private static double erf(double v) {
    double z = Math.abs(v);
    double t = 1 / (1 + 0.3275911 * z);
    double p =
        ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592)
            * t;
    return Math.copySign(1 - p * Math.exp(-z * z), v);
  }

  @Override
  public void combine(
      Combine op,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment y,
      long yAt,
      long count,
      Bounds bounds) {
    for (long i = 0; i < 4 * count; i += 4) {
      float left = a.get(FLOAT, aAt + i);
      float right = b.get(FLOAT, bAt + i);
      y.set(FLOAT, yAt + i, bounds.clamp(combine(op, left, right)));
    }
  }

  static float combine(Combine op, float left, float right) {
    return switch (op) {
      case ADD -> left + right;
      case SUB -> left - right;
      case MUL -> left * right;
      case DIV -> left / right;
      case MAX -> Math.max(left, right);
      case MIN -> Math.min(left, right);
      case POW -> (float) Math.pow(left, right);
    };
  }

  @Override
  public void affine(
      float scale,
      float shift,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      long count,
      Bounds bounds) {
    for (long i = 0; i < 4 * count; i += 4) {
      y.set(FLOAT, yAt + i, bounds.clamp(Math.fma(x.get(FLOAT, xAt + i), scale, shift)));
    }
  }

  @Override
  public void compact(int rows, int width, Panel x, Panel y, Panel r, Bounds bounds) {
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < width; i++) {
        float value = x.memory().get(FLOAT, x.at(row) + 4L * i);
        if (r != null) {
          value += r.memory().get(FLOAT, r.at(row) + 4L * i);
        }
        y.memory().set(FLOAT, y.at(row) + 4L * i, bounds.clamp(value));
      }
    }
  }

  @Override
  public void transpose(int rows, int columns, Panel x, Panel y) {
    blockwise(rows, columns, x, y);
  }

  /** Sixteen columns at a time, so that each line of {@code y} is still in cache when it's full. */
  static void blockwise(int rows, int columns, Panel x, Panel y) {
    MemorySegment from = x.memory();
    MemorySegment to = y.memory();
    for (int block = 0; block < columns; block += 16) {
      int end = Math.min(columns, block + 16);
      for (int r = 0; r < rows; r++) {
        for (int c = block; c < end; c++) {
          to.set(FLOAT, y.at(c) + 4L * r, from.get(FLOAT, x.at(r) + 4L * c));
        }
      }
    }
  }

  @Override
  public void windows(
      boolean max,
      int rows,
      int taps,
      int stride,
      Panel x,
      MemorySegment y,
      long yAt,
      int count,
      float scale) {
    for (int p = 0; p < count; p++) {
      float best = Float.NEGATIVE_INFINITY;
      float sum = 0;
      for (int row = 0; row < rows; row++) {
        for (int tap = 0; tap < taps; tap++) {
          float value = x.memory().get(FLOAT, x.at(row) + 4L * (p * stride + tap));
          best = Math.max(best, value);
          sum += value;
        }
      }
      y.set(FLOAT, yAt + 4L * p, max ? best : sum * scale);
    }
  }

  @Override
  public Depthwise depthwise() {
    return Depthwise.scalar(lanes);
  }
}
