package org.espalier.graph.eval;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * Reads and writes runs of a tensor's elements as Java arrays.
 *
 * <p>Operators compute on short arrays that stay in the first cache, so that each is one plain loop
 * that the compiler vectorises, and each element type is spelled out once, here, instead of once
 * per operator. A stride of 0 repeats one element.
 */
final class Lanes {
  /** Elements in a run. */
  static final int LENGTH = 1024;

  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private Lanes() {}

  static void read(Tensor tensor, long from, long stride, float[] to, int n) {
    assert tensor.type() == DataType.FLOAT && stride <= 1;
    if (stride == 0) {
      Arrays.fill(to, 0, n, tensor.floatAt(from));
    } else {
      MemorySegment.copy(tensor.data(), FLOAT, from * Float.BYTES, to, 0, n);
    }
  }

  static void write(Tensor tensor, long from, float[] values, int n) {
    MemorySegment.copy(values, 0, tensor.data(), FLOAT, from * Float.BYTES, n);
  }

  /** Real numbers; exact for all types but 64-bit integers. */
  static void read(Tensor tensor, long from, long stride, double[] to, int n) {
    assert stride <= 1;
    if (stride == 0) {
      Arrays.fill(to, 0, n, tensor.realAt(from));
      return;
    }
    MemorySegment data = tensor.data();
    switch (tensor.type()) {
      case FLOAT -> {
        for (int k = 0; k < n; k++) {
          to[k] = data.getAtIndex(FLOAT, from + k);
        }
      }
      case DOUBLE -> MemorySegment.copy(data, DOUBLE, from * Double.BYTES, to, 0, n);
      case FLOAT16 -> {
        for (int k = 0; k < n; k++) {
          to[k] = Float.float16ToFloat(data.getAtIndex(SHORT, from + k));
        }
      }
      default -> {
        for (int k = 0; k < n; k++) {
          to[k] = tensor.realAt(from + k);
        }
      }
    }
  }

  /** All elements of a tensor. */
  static double[] reals(Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.size())];
    read(tensor, 0, 1, values, values.length);
    return values;
  }

  /** Integers and booleans; unsigned 64-bit integers come as their bits. */
  static void read(Tensor tensor, long from, long stride, long[] to, int n) {
    assert stride <= 1;
    if (stride == 0) {
      Arrays.fill(to, 0, n, tensor.integerAt(from));
      return;
    }
    MemorySegment data = tensor.data();
    switch (tensor.type()) {
      case INT64, UINT64 -> MemorySegment.copy(data, LONG, from * Long.BYTES, to, 0, n);
      case INT32 -> {
        for (int k = 0; k < n; k++) {
          to[k] = data.getAtIndex(INT, from + k);
        }
      }
      case UINT32 -> {
        for (int k = 0; k < n; k++) {
          to[k] = data.getAtIndex(INT, from + k) & 0xffff_ffffL;
        }
      }
      case UINT8 -> {
        for (int k = 0; k < n; k++) {
          to[k] = data.get(JAVA_BYTE, from + k) & 0xff;
        }
      }
      case INT8 -> {
        for (int k = 0; k < n; k++) {
          to[k] = data.get(JAVA_BYTE, from + k);
        }
      }
      default -> {
        for (int k = 0; k < n; k++) {
          to[k] = tensor.integerAt(from + k);
        }
      }
    }
  }

  /**
   * Writes real numbers, rounded to nearest in a float type and towards zero in an integer type,
   * which wraps around. A boolean is whether the number isn't zero.
   */
  static void write(Tensor tensor, long from, double[] values, int n) {
    MemorySegment data = tensor.data();
    switch (tensor.type()) {
      case FLOAT -> {
        for (int k = 0; k < n; k++) {
          data.setAtIndex(FLOAT, from + k, (float) values[k]);
        }
      }
      case DOUBLE -> MemorySegment.copy(values, 0, data, DOUBLE, from * Double.BYTES, n);
      case FLOAT16 -> {
        for (int k = 0; k < n; k++) {
          data.setAtIndex(SHORT, from + k, SmallFloats.half(values[k]));
        }
      }
      case BFLOAT16 -> {
        for (int k = 0; k < n; k++) {
          data.setAtIndex(SHORT, from + k, SmallFloats.brain(values[k]));
        }
      }
      case BOOL -> {
        for (int k = 0; k < n; k++) {
          data.set(JAVA_BYTE, from + k, (byte) (values[k] != 0 ? 1 : 0));
        }
      }
      case FLOAT8E8M0 -> {
        for (int k = 0; k < n; k++) {
          data.set(JAVA_BYTE, from + k, (byte) SmallFloats.encodeE8M0(values[k], "up", true));
        }
      }
      case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT4E2M1 -> {
        for (int k = 0; k < n; k++) {
          store(tensor, from + k, SmallFloats.encode(tensor.type(), values[k], true));
        }
      }
      case UINT64 -> {
        for (int k = 0; k < n; k++) {
          double value = values[k];
          long half = (long) (value * 0.5);
          data.setAtIndex(LONG, from + k, value >= 0x1p63 ? half << 1 : (long) value);
        }
      }
      default -> {
        for (int k = 0; k < n; k++) {
          store(tensor, from + k, (long) values[k]);
        }
      }
    }
  }

  /** Writes integers; a narrower type keeps the low bits, a boolean is whether one isn't zero. */
  static void write(Tensor tensor, long from, long[] values, int n) {
    MemorySegment data = tensor.data();
    switch (tensor.type()) {
      case INT64, UINT64 -> MemorySegment.copy(values, 0, data, LONG, from * Long.BYTES, n);
      case INT32, UINT32 -> {
        for (int k = 0; k < n; k++) {
          data.setAtIndex(INT, from + k, (int) values[k]);
        }
      }
      case INT8, UINT8 -> {
        for (int k = 0; k < n; k++) {
          data.set(JAVA_BYTE, from + k, (byte) values[k]);
        }
      }
      case BOOL -> {
        for (int k = 0; k < n; k++) {
          data.set(JAVA_BYTE, from + k, (byte) (values[k] != 0 ? 1 : 0));
        }
      }
      case FLOAT -> {
        for (int k = 0; k < n; k++) {
          data.setAtIndex(FLOAT, from + k, (float) values[k]);
        }
      }
      default -> {
        if (tensor.type().isFloat()) {
          double[] reals = new double[n];
          for (int k = 0; k < n; k++) {
            reals[k] = values[k];
          }
          write(tensor, from, reals, n);
        } else {
          for (int k = 0; k < n; k++) {
            store(tensor, from + k, values[k]);
          }
        }
      }
    }
  }

  /** Writes the low bits of {@code value} as element {@code index}, whatever their meaning. */
  static void store(Tensor tensor, long index, long value) {
    MemorySegment data = tensor.data();
    int bits = tensor.type().bits();
    switch (bits) {
      case 64 -> data.setAtIndex(LONG, index, value);
      case 32 -> data.setAtIndex(INT, index, (int) value);
      case 16 -> data.setAtIndex(SHORT, index, (short) value);
      case 8 -> data.set(JAVA_BYTE, index, (byte) value);
      default -> {
        long bit = index * bits;
        int shift = (int) (bit & 7);
        int mask = (1 << bits) - 1;
        int rest = data.get(JAVA_BYTE, bit >> 3) & ~(mask << shift);
        data.set(JAVA_BYTE, bit >> 3, (byte) (rest | (((int) value & mask) << shift)));
      }
    }
  }

  /** Does {@code run} for the elements of a tensor, a run at a time. */
  static void each(long size, Run run) {
    for (long from = 0; from < size; from += LENGTH) {
      run.accept(from, (int) Math.min(LENGTH, size - from));
    }
  }

  /** A run of {@code n} elements from {@code from} on. */
  @FunctionalInterface
  interface Run {
    void accept(long from, int n);
  }
}
