package org.espalier.graph;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/** Reads and writes single elements of a tensor of any type. */
final class Elements {
  /** How many elements are copied at a time. */
  private static final int CHUNK = 8192;

  private Elements() {}

  static double real(Tensor tensor, long index) {
    MemorySegment data = tensor.data();
    return switch (tensor.type()) {
      case FLOAT -> data.getAtIndex(Tensor.FLOAT, index);
      case DOUBLE -> data.getAtIndex(Tensor.DOUBLE, index);
      case FLOAT16 -> Float.float16ToFloat(data.getAtIndex(Tensor.SHORT, index));
      case BFLOAT16 -> Float.intBitsToFloat(data.getAtIndex(Tensor.SHORT, index) << 16);
      case FLOAT8E4M3FN -> small(data.get(JAVA_BYTE, index), 4, 7, true, false);
      case FLOAT8E4M3FNUZ -> small(data.get(JAVA_BYTE, index), 4, 8, false, true);
      case FLOAT8E5M2 -> small(data.get(JAVA_BYTE, index), 5, 15, false, false);
      case FLOAT8E5M2FNUZ -> small(data.get(JAVA_BYTE, index), 5, 16, false, true);
      case FLOAT8E8M0 -> {
        int exponent = data.get(JAVA_BYTE, index) & 0xff;
        yield exponent == 0xff ? Double.NaN : Math.scalb(1.0, exponent - 127);
      }
      case FLOAT4E2M1 -> {
        int bits = packed(data, index, 4);
        double magnitude = new double[] {0, 0.5, 1, 1.5, 2, 3, 4, 6}[bits & 7];
        yield (bits & 8) == 0 ? magnitude : -magnitude;
      }
      case UINT64 -> {
        long value = data.getAtIndex(Tensor.LONG, index);
        yield value >= 0 ? value : (value >>> 1 | (value & 1)) * 2.0;
      }
      default -> integer(tensor, index);
    };
  }

  static long integer(Tensor tensor, long index) {
    MemorySegment data = tensor.data();
    return switch (tensor.type()) {
      case BOOL -> data.get(JAVA_BYTE, index) == 0 ? 0 : 1;
      case UINT8 -> data.get(JAVA_BYTE, index) & 0xff;
      case INT8 -> data.get(JAVA_BYTE, index);
      case UINT16 -> data.getAtIndex(Tensor.SHORT, index) & 0xffff;
      case INT16 -> data.getAtIndex(Tensor.SHORT, index);
      case UINT32 -> data.getAtIndex(Tensor.INT, index) & 0xffff_ffffL;
      case INT32 -> data.getAtIndex(Tensor.INT, index);
      case UINT64, INT64 -> data.getAtIndex(Tensor.LONG, index);
      case UINT4 -> packed(data, index, 4);
      case INT4 -> packed(data, index, 4) << 28 >> 28;
      case UINT2 -> packed(data, index, 2);
      case INT2 -> packed(data, index, 2) << 30 >> 30;
      default -> throw new IllegalStateException(tensor + " has no integers");
    };
  }

  static void set(Tensor tensor, long index, double value) {
    MemorySegment data = tensor.data();
    switch (tensor.type()) {
      case FLOAT -> data.setAtIndex(Tensor.FLOAT, index, (float) value);
      case DOUBLE -> data.setAtIndex(Tensor.DOUBLE, index, value);
      case FLOAT16 -> data.setAtIndex(Tensor.SHORT, index, Float.floatToFloat16((float) value));
      case BFLOAT16 -> data.setAtIndex(Tensor.SHORT, index, bfloat16((float) value));
      case BOOL, INT8, UINT8 -> data.set(JAVA_BYTE, index, (byte) (long) value);
      case INT16, UINT16 -> data.setAtIndex(Tensor.SHORT, index, (short) (long) value);
      case INT32, UINT32 -> data.setAtIndex(Tensor.INT, index, (int) (long) value);
      case INT64, UINT64 -> data.setAtIndex(Tensor.LONG, index, (long) value);
      default -> throw new IllegalStateException("a real number written to " + tensor);
    }
  }

  /** Rounded to nearest, ties to even. */
  private static short bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  static long nonzeros(Tensor tensor) {
    long count = 0;
    long size = tensor.size();
    switch (tensor.type()) {
      case FLOAT -> {
        for (long first = 0; first < size; first += CHUNK) {
          for (float value : tensor.floats(first, (int) Math.min(CHUNK, size - first))) {
            count += value != 0 ? 1 : 0;
          }
        }
      }
      case STRING, COMPLEX64, COMPLEX128 -> count = size;
      default -> {
        for (long k = 0; k < size; k++) {
          count += real(tensor, k) != 0 ? 1 : 0;
        }
      }
    }
    return count;
  }

  private static int packed(MemorySegment data, long index, int bits) {
    long bit = index * bits;
    return (data.get(JAVA_BYTE, bit >> 3) & 0xff) >> (bit & 7) & ((1 << bits) - 1);
  }

  /**
   * An eight-bit float with {@code exponentBits} exponent bits and this bias. FN: no infinities,
   * all ones is NaN. UZ: the pattern of negative zero is NaN, and nothing else is special.
   */
  private static double small(byte value, int exponentBits, int bias, boolean fn, boolean uz) {
    int mantissaBits = 7 - exponentBits;
    int sign = value & 0x80;
    int exponent = (value & 0x7f) >> mantissaBits;
    int mantissa = value & ((1 << mantissaBits) - 1);
    int top = (1 << exponentBits) - 1;
    if (uz && (value & 0xff) == 0x80) {
      return Double.NaN;
    }
    if (fn && (value & 0x7f) == 0x7f) {
      return Double.NaN;
    }
    if (!fn && !uz && exponent == top) {
      return mantissa != 0
          ? Double.NaN
          : sign == 0 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
    }
    double magnitude =
        exponent == 0
            ? Math.scalb((double) mantissa, 1 - bias - mantissaBits)
            : Math.scalb(1.0 + Math.scalb((double) mantissa, -mantissaBits), exponent - bias);
    return sign == 0 ? magnitude : -magnitude;
  }
}
