package org.espalier.reference;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/** Writes single numbers into a tensor of any type that an executor takes as input. */
final class Numbers {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private Numbers() {}

  static void set(Tensor tensor, long index, double value) {
    MemorySegment data = tensor.data();
    switch (tensor.type()) {
      case FLOAT -> tensor.setFloat(index, (float) value);
      case DOUBLE -> data.setAtIndex(LONG, index, Double.doubleToRawLongBits(value));
      case FLOAT16 -> data.setAtIndex(SHORT, index, Float.floatToFloat16((float) value));
      case BFLOAT16 ->
          data.setAtIndex(SHORT, index, (short) (Float.floatToRawIntBits((float) value) >>> 16));
      case BOOL, INT8, UINT8 -> data.set(JAVA_BYTE, index, (byte) (long) value);
      case INT16, UINT16 -> data.setAtIndex(SHORT, index, (short) (long) value);
      case INT32, UINT32 -> data.setAtIndex(INT, index, (int) (long) value);
      case INT64, UINT64 -> data.setAtIndex(LONG, index, (long) value);
      default -> throw new InvalidInputException("no random numbers for " + tensor);
    }
  }
}
