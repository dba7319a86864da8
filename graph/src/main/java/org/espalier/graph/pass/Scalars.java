package org.espalier.graph.pass;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Scalars and short vectors of any numeric type. */
final class Scalars {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private Scalars() {}

  static Tensor of(DataType type, double value) {
    return vector(type, value).reshape();
  }

  static Tensor vector(DataType type, double... values) {
    Tensor tensor = Tensor.allocate(type, values.length);
    for (int k = 0; k < values.length; k++) {
      set(tensor, k, values[k]);
    }
    return tensor;
  }

  private static void set(Tensor tensor, int index, double value) {
    MemorySegment data = tensor.data();
    switch (tensor.type()) {
      case FLOAT -> tensor.setFloat(index, (float) value);
      case DOUBLE -> data.setAtIndex(LONG, index, Double.doubleToRawLongBits(value));
      case FLOAT16 -> data.setAtIndex(SHORT, index, Float.floatToFloat16((float) value));
      case BFLOAT16 -> data.setAtIndex(SHORT, index, bfloat16((float) value));
      case BOOL, INT8, UINT8 -> data.set(JAVA_BYTE, index, (byte) (long) value);
      case INT16, UINT16 -> data.setAtIndex(SHORT, index, (short) (long) value);
      case INT32, UINT32 -> data.setAtIndex(INT, index, (int) (long) value);
      case INT64, UINT64 -> data.setAtIndex(LONG, index, (long) value);
      default -> throw new IllegalArgumentException("a constant of type " + tensor.type());
    }
  }

  /** Rounded to nearest, ties to even. */
  private static short bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }
}
