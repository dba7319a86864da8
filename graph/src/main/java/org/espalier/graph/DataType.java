package org.espalier.graph;

import java.util.Optional;

/**
 * An element type of ONNX's {@code TensorProto.DataType}, with the code that files carry.
 *
 * <p>{@link #bits()} is the size of one element in a tensor's data; types under eight bits are
 * packed, first element in the low bits, as ONNX stores them. {@link #STRING} has no fixed size.
 */
public enum DataType {
  FLOAT(1, 32, Kind.FLOAT),
  UINT8(2, 8, Kind.UNSIGNED),
  INT8(3, 8, Kind.SIGNED),
  UINT16(4, 16, Kind.UNSIGNED),
  INT16(5, 16, Kind.SIGNED),
  INT32(6, 32, Kind.SIGNED),
  INT64(7, 64, Kind.SIGNED),
  STRING(8, 0, Kind.OTHER),
  BOOL(9, 8, Kind.OTHER),
  FLOAT16(10, 16, Kind.FLOAT),
  DOUBLE(11, 64, Kind.FLOAT),
  UINT32(12, 32, Kind.UNSIGNED),
  UINT64(13, 64, Kind.UNSIGNED),
  COMPLEX64(14, 64, Kind.OTHER),
  COMPLEX128(15, 128, Kind.OTHER),
  BFLOAT16(16, 16, Kind.FLOAT),
  FLOAT8E4M3FN(17, 8, Kind.FLOAT),
  FLOAT8E4M3FNUZ(18, 8, Kind.FLOAT),
  FLOAT8E5M2(19, 8, Kind.FLOAT),
  FLOAT8E5M2FNUZ(20, 8, Kind.FLOAT),
  UINT4(21, 4, Kind.UNSIGNED),
  INT4(22, 4, Kind.SIGNED),
  FLOAT4E2M1(23, 4, Kind.FLOAT),
  FLOAT8E8M0(24, 8, Kind.FLOAT),
  UINT2(25, 2, Kind.UNSIGNED),
  INT2(26, 2, Kind.SIGNED);

  private enum Kind {
    FLOAT,
    SIGNED,
    UNSIGNED,
    OTHER
  }

  private static final DataType[] BY_CODE = new DataType[27];

  static {
    for (DataType type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  private final int code;
  private final int bits;
  private final Kind kind;

  DataType(int code, int bits, Kind kind) {
    this.code = code;
    this.bits = bits;
    this.kind = kind;
  }

  /** The type with this code in ONNX files, or empty for a code from a newer standard. */
  public static Optional<DataType> ofCode(long code) {
    return code > 0 && code < BY_CODE.length
        ? Optional.ofNullable(BY_CODE[(int) code])
        : Optional.empty();
  }

  /** The code in ONNX files. */
  public int code() {
    return code;
  }

  /** Bits of one element in a tensor's data; 0 for strings. */
  public int bits() {
    return bits;
  }

  /** Bytes that {@code elements} of this type take, the last byte padded for packed types. */
  public long bytes(long elements) {
    return Math.ceilDiv(Math.multiplyExact(elements, (long) bits), 8);
  }

  /** Whether this is a real floating-point type, of any width. */
  public boolean isFloat() {
    return kind == Kind.FLOAT;
  }

  /** Whether this is an integer type; booleans are not. */
  public boolean isInteger() {
    return kind == Kind.SIGNED || kind == Kind.UNSIGNED;
  }

  /** Whether this is an integer type without a sign. */
  public boolean isUnsigned() {
    return kind == Kind.UNSIGNED;
  }
}
