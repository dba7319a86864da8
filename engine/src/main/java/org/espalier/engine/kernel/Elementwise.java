package org.espalier.engine.kernel;

import static org.espalier.engine.kernel.Simd.FLOAT;
import static org.espalier.engine.kernel.Simd.LANES;
import static org.espalier.engine.kernel.Simd.STEP;
import static org.espalier.engine.kernel.Simd.all;
import static org.espalier.engine.kernel.Simd.load;
import static org.espalier.engine.kernel.Simd.store;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** One vector in, one vector out: activations, sums and products of two arrays, copies. */
final class Elementwise {
  private Elementwise() {}

  static void sigmoid(MemorySegment x, long xAt, MemorySegment y, long yAt, long count) {
    for (long i = 0; i < 4 * count; i += STEP) {
      store(sigmoid(load(x, xAt + i)), y, yAt + i);
    }
  }

  static void silu(MemorySegment x, long xAt, MemorySegment y, long yAt, long count) {
    for (long i = 0; i < 4 * count; i += STEP) {
      FloatVector v = load(x, xAt + i);
      store(v.mul(sigmoid(v)), y, yAt + i);
    }
  }

  static void tanh(MemorySegment x, long xAt, MemorySegment y, long yAt, long count) {
    for (long i = 0; i < 4 * count; i += STEP) {
      store(load(x, xAt + i).lanewise(VectorOperators.TANH), y, yAt + i);
    }
  }

  static void hardSwish(MemorySegment x, long xAt, MemorySegment y, long yAt, long count) {
    var unit = new Bounds(0, 1);
    for (long i = 0; i < 4 * count; i += STEP) {
      FloatVector v = load(x, xAt + i);
      store(v.mul(Simd.clamp(v.fma(all(1 / 6f), all(0.5f)), unit)), y, yAt + i);
    }
  }

  private static FloatVector sigmoid(FloatVector v) {
    return all(1).div(Exponential.exp(v.neg()).add(1));
  }

  /** GELU by its error function. */
  static void gelu(MemorySegment x, long xAt, MemorySegment y, long yAt, long count) {
    for (long i = 0; i < 4 * count; i += STEP) {
      FloatVector v = load(x, xAt + i);
      FloatVector size = v.abs();
      store(size.fma(Exponential.normal(size), v.mul(0.5f)), y, yAt + i);
    }
  }

  /** {@code x * sigmoid(2 u)}, which is {@code x / 2 * (1 + tanh(u))}. */
  static void geluTanh(MemorySegment x, long xAt, MemorySegment y, long yAt, long count) {
    float linear = (float) (-2 * Math.sqrt(2 / Math.PI));
    float cubic = 0.044715f * linear;
    for (long i = 0; i < 4 * count; i += STEP) {
      FloatVector v = load(x, xAt + i);
      FloatVector minus2u = v.mul(v.mul(v).fma(all(cubic), all(linear)));
      store(v.div(Exponential.exp(minus2u).add(1)), y, yAt + i);
    }
  }

  static void function(Curve f, MemorySegment x, long xAt, MemorySegment y, long yAt, long count) {
    switch (f) {
      case EXP -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          store(Exponential.exp(load(x, xAt + i)), y, yAt + i);
        }
      }
      case ERF -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          store(Exponential.erf(load(x, xAt + i)), y, yAt + i);
        }
      }
      case SQRT -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          store(load(x, xAt + i).sqrt(), y, yAt + i);
        }
      }
      case RECIPROCAL -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          store(all(1).div(load(x, xAt + i)), y, yAt + i);
        }
      }
      case NEG -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          store(load(x, xAt + i).neg(), y, yAt + i);
        }
      }
      case ABS -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          store(load(x, xAt + i).abs(), y, yAt + i);
        }
      }
      case LOG -> unary(VectorOperators.LOG, x, xAt, y, yAt, count);
      case SIN -> unary(VectorOperators.SIN, x, xAt, y, yAt, count);
      case COS -> unary(VectorOperators.COS, x, xAt, y, yAt, count);
      default -> throw new IllegalArgumentException(f + " has a loop of its own");
    }
  }

  private static void unary(
      VectorOperators.Unary f, MemorySegment x, long xAt, MemorySegment y, long yAt, long count) {
    for (long i = 0; i < 4 * count; i += STEP) {
      store(load(x, xAt + i).lanewise(f), y, yAt + i);
    }
  }

  static void combine(
      Kernels.Combine op,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment y,
      long yAt,
      long count,
      Bounds bounds) {
    switch (op) {
      case ADD -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          store(load(a, aAt + i).add(load(b, bAt + i)), bounds, y, yAt + i);
        }
      }
      case SUB -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          store(load(a, aAt + i).sub(load(b, bAt + i)), bounds, y, yAt + i);
        }
      }
      case MUL -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          store(load(a, aAt + i).mul(load(b, bAt + i)), bounds, y, yAt + i);
        }
      }
      case DIV -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          store(load(a, aAt + i).div(load(b, bAt + i)), bounds, y, yAt + i);
        }
      }
      case MAX -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          store(load(a, aAt + i).max(load(b, bAt + i)), bounds, y, yAt + i);
        }
      }
      case MIN -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          store(load(a, aAt + i).min(load(b, bAt + i)), bounds, y, yAt + i);
        }
      }
      case POW -> {
        for (long i = 0; i < 4 * count; i += STEP) {
          FloatVector power = load(a, aAt + i).lanewise(VectorOperators.POW, load(b, bAt + i));
          store(power, bounds, y, yAt + i);
        }
      }
    }
  }

  static void affine(
      float scale,
      float shift,
      MemorySegment x,
      long xAt,
      MemorySegment y,
      long yAt,
      long count,
      Bounds bounds) {
    for (long i = 0; i < 4 * count; i += STEP) {
      store(load(x, xAt + i).fma(all(scale), all(shift)), bounds, y, yAt + i);
    }
  }

  static void compact(int rows, int width, Panel x, Panel y, Panel r, Bounds bounds) {
    long whole = width / LANES * STEP;
    VectorMask<Float> rest = FLOAT.indexInRange(0, width % LANES);
    boolean partial = width % LANES != 0;
    for (int row = 0; row < rows; row++) {
      long from = x.at(row);
      long to = y.at(row);
      for (long i = 0; i < whole; i += STEP) {
        FloatVector v = load(x.memory(), from + i);
        v = r == null ? v : v.add(load(r.memory(), r.at(row) + i));
        store(v, bounds, y.memory(), to + i);
      }
      if (partial) {
        FloatVector v = load(x.memory(), from + whole);
        v = r == null ? v : v.add(load(r.memory(), r.at(row) + whole));
        Simd.clamp(v, bounds)
            .intoMemorySegment(y.memory(), to + whole, ByteOrder.LITTLE_ENDIAN, rest);
      }
    }
  }
}
