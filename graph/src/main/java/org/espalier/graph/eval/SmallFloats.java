package org.espalier.graph.eval;

import org.espalier.graph.DataType;

/** Rounds numbers to the floating-point types that Java lacks; ties go to even. */
final class SmallFloats {
  private SmallFloats() {}

  /**
   * An eight-bit or narrower float type: its exponent and mantissa bits, its bias, its largest
   * magnitude's code, and the codes of infinity and NaN; -1 where it has none.
   */
  private record Format(int mantissa, int bias, int largest, int infinity, int nan, int sign) {}

  private static Format format(DataType type) {
    return switch (type) {
      case FLOAT8E4M3FN -> new Format(3, 7, 0x7e, -1, 0x7f, 0x80);
      case FLOAT8E4M3FNUZ -> new Format(3, 8, 0x7f, -1, 0x80, 0x80);
      case FLOAT8E5M2 -> new Format(2, 15, 0x7b, 0x7c, 0x7f, 0x80);
      case FLOAT8E5M2FNUZ -> new Format(2, 16, 0x7f, -1, 0x80, 0x80);
      case FLOAT4E2M1 -> new Format(1, 1, 0x7, -1, -1, 0x8);
      default -> throw new IllegalArgumentException(type + " is no small float");
    };
  }

  static short half(double value) {
    return Float.floatToFloat16(toOdd(value));
  }

  static short brain(double value) {
    int bits = Float.floatToRawIntBits(toOdd(value));
    if (Double.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /**
   * A float that a narrower type rounds to the same as {@code value}: what float can't hold is cut
   * off, and remembered in the last bit (round to odd).
   */
  private static float toOdd(double value) {
    float near = (float) value;
    if (near == value || Double.isNaN(value)) {
      return near;
    }
    int bits = Float.floatToRawIntBits(near);
    if (Math.abs((double) near) > Math.abs(value)) {
      bits--;
    }
    return Float.intBitsToFloat(bits | 1);
  }

  /** The code of {@code value} in an eight-bit or four-bit type with a sign. */
  static int encode(DataType type, double value, boolean saturate) {
    Format f = format(type);
    if (Double.isNaN(value)) {
      return f.nan < 0 ? f.sign : f.nan; // FLOAT4E2M1 has no NaN: a zero
    }
    boolean negative = Double.doubleToRawLongBits(value) < 0;
    double magnitude = Math.abs(value);
    int code;
    if (Double.isInfinite(value)) {
      code = saturate ? f.largest : overflow(f);
    } else {
      code = round(f, magnitude);
      if (code > f.largest) {
        code = saturate || f.nan < 0 ? f.largest : overflow(f);
      }
    }
    if (f.nan == f.sign && (code == f.nan || code == 0)) {
      return code; // these types have no negative zero: its code is NaN
    }
    return negative ? code | f.sign : code;
  }

  private static int overflow(Format f) {
    return f.infinity >= 0 ? f.infinity : f.nan >= 0 ? f.nan : f.largest;
  }

  /** The code of the nearest magnitude, in a type without a largest one. */
  private static int round(Format f, double magnitude) {
    int exponent = Math.max(Math.getExponent(magnitude), 1 - f.bias);
    double scaled = Math.rint(Math.scalb(magnitude, f.mantissa - exponent));
    if (exponent + f.bias > 40) {
      return Integer.MAX_VALUE;
    }
    // A subnormal has exponent field 0 and no hidden one: the same sum serves both.
    return (int) scaled + ((exponent + f.bias - 1) << f.mantissa);
  }

  /** The code of a power of two: 'up', 'down' or 'nearest'. */
  static int encodeE8M0(double value, String mode, boolean saturate) {
    if (Double.isNaN(value) || value < 0) {
      return 0xff;
    }
    if (value == 0) {
      return 0;
    }
    if (Double.isInfinite(value)) {
      return saturate ? 0xfe : 0xff;
    }
    int exponent = Math.getExponent(value);
    double fraction = Math.scalb(value, -exponent);
    boolean up =
        switch (mode) {
          case "up" -> fraction > 1;
          case "down" -> false;
          default -> fraction >= 1.5;
        };
    int code = exponent + 127 + (up ? 1 : 0);
    return code < 0 ? 0 : code <= 0xfe ? code : saturate ? 0xfe : 0xff;
  }
}
