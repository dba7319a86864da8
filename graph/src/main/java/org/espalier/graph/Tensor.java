package org.espalier.graph;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * An array of numbers with a shape, row-major, outside the Java heap.
 *
 * <p>The data are ONNX's: little-endian, types under eight bits packed. They lie in a mapped file
 * (read-only, any alignment) or in memory of their own ({@link #allocate}: zeroed, 64-byte aligned,
 * freed when nothing refers to it). Tensors are shared freely between models, so whoever writes to
 * one's data must have made it; {@link #copy()} gives one's own.
 */
public final class Tensor {
  /** Where memory of our own starts: a cache line, and the widest vector there is. */
  public static final long ALIGNMENT = 64;

  /** Bytes from which on it's worth asking the system for their release. */
  private static final long RELEASED = 1 << 16;

  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private static final ScopedValue<SegmentAllocator> MEMORY = ScopedValue.newInstance();

  private final DataType type;
  private final long[] dims;
  private final MemorySegment data;
  private final List<Bytes> strings;
  private final Details details;

  private Tensor(DataType type, long[] dims, MemorySegment data, List<Bytes> strings) {
    this(type, dims, data, strings, Details.NONE);
  }

  private Tensor(
      DataType type, long[] dims, MemorySegment data, List<Bytes> strings, Details details) {
    this.type = type;
    this.dims = dims;
    this.data = data;
    this.strings = strings;
    this.details = details;
  }

  /** A tensor over existing data of exactly the right length. */
  public static Tensor of(DataType type, long[] dims, MemorySegment data) {
    long expected = type.bytes(elements(dims));
    if (type == DataType.STRING || data.byteSize() != expected) {
      throw new InvalidInputException(
          "%d bytes of data for a %s tensor of shape %s, expected %d"
              .formatted(data.byteSize(), type, Arrays.toString(dims), expected));
    }
    return new Tensor(type, dims.clone(), data, List.of());
  }

  /**
   * A tensor of zeros.
   *
   * @throws InvalidInputException where there is no memory for it: a file can ask for any size
   */
  public static Tensor allocate(DataType type, long... dims) {
    long bytes = type.bytes(elements(dims));
    try {
      SegmentAllocator memory = MEMORY.isBound() ? MEMORY.get() : Arena.ofAuto();
      return of(type, dims, memory.allocate(bytes, ALIGNMENT));
    } catch (OutOfMemoryError full) {
      throw new InvalidInputException(
          "no memory for a %s tensor of shape %s, %d bytes"
              .formatted(type, Arrays.toString(dims), bytes));
    }
  }

  /**
   * What {@code work} answers, with all tensors that it allocates in {@code memory}, which gives
   * zeros. Whoever frees that memory sees to it that no such tensor is used any more.
   */
  public static <T> T allocatingIn(SegmentAllocator memory, Supplier<T> work) {
    return ScopedValue.where(MEMORY, memory).call(work::get);
  }

  public static Tensor of(float[] values, long... dims) {
    Tensor tensor = allocate(DataType.FLOAT, shaped(values.length, dims));
    MemorySegment.copy(values, 0, tensor.data, FLOAT, 0, values.length);
    return tensor;
  }

  public static Tensor of(double[] values, long... dims) {
    Tensor tensor = allocate(DataType.DOUBLE, shaped(values.length, dims));
    MemorySegment.copy(values, 0, tensor.data, DOUBLE, 0, values.length);
    return tensor;
  }

  public static Tensor of(long[] values, long... dims) {
    Tensor tensor = allocate(DataType.INT64, shaped(values.length, dims));
    MemorySegment.copy(values, 0, tensor.data, LONG, 0, values.length);
    return tensor;
  }

  public static Tensor of(int[] values, long... dims) {
    Tensor tensor = allocate(DataType.INT32, shaped(values.length, dims));
    MemorySegment.copy(values, 0, tensor.data, INT, 0, values.length);
    return tensor;
  }

  public static Tensor of(boolean[] values, long... dims) {
    Tensor tensor = allocate(DataType.BOOL, shaped(values.length, dims));
    for (int k = 0; k < values.length; k++) {
      tensor.data.set(ValueLayout.JAVA_BYTE, k, (byte) (values[k] ? 1 : 0));
    }
    return tensor;
  }

  public static Tensor ofStrings(List<Bytes> values, long... dims) {
    return new Tensor(
        DataType.STRING, shaped(values.size(), dims), MemorySegment.NULL, List.copyOf(values));
  }

  public static Tensor scalar(float value) {
    return of(new float[] {value}).reshape();
  }

  public static Tensor scalar(long value) {
    return of(new long[] {value}).reshape();
  }

  /** Without dims, {@code of(values)} is a vector. */
  private static long[] shaped(int length, long... dims) {
    long[] shape = dims.length == 0 ? new long[] {length} : dims.clone();
    if (elements(shape) != length) {
      throw new InvalidInputException(
          length + " values for a tensor of shape " + Arrays.toString(dims));
    }
    return shape;
  }

  /** How many elements a tensor of these dimensions has. */
  public static long elements(long... dims) {
    long elements = 1;
    for (long dim : dims) {
      if (dim < 0) {
        throw new InvalidInputException(
            "a tensor of shape " + Arrays.toString(dims) + ", expected sizes of 0 or more");
      }
      try {
        elements = Math.multiplyExact(elements, dim);
      } catch (ArithmeticException overflow) {
        throw new InvalidInputException(
            "a tensor of shape " + Arrays.toString(dims) + " has over 2^63 elements", overflow);
      }
    }
    return elements;
  }

  public DataType type() {
    return type;
  }

  public long[] dims() {
    return dims.clone();
  }

  public int rank() {
    return dims.length;
  }

  /** The size of {@code axis}; a negative axis counts from the end. */
  public long dim(int axis) {
    return dims[axis < 0 ? axis + dims.length : axis];
  }

  /** How many elements lie between neighbours along {@code axis}, from 0. */
  public long stride(int axis) {
    return elements(Arrays.copyOfRange(dims, axis + 1, dims.length));
  }

  public Shape shape() {
    return Shape.of(dims);
  }

  /** How many elements there are. */
  public long size() {
    return elements(dims);
  }

  /** The bytes of the elements; empty for strings. */
  public MemorySegment data() {
    return data;
  }

  /** The elements of a string tensor. */
  public List<Bytes> strings() {
    return strings;
  }

  /** What the file says about this tensor beside its contents; plays no part in equality. */
  public Details details() {
    return details;
  }

  /** The same data with these details. */
  public Tensor withDetails(Details details) {
    return details.equals(this.details) ? this : new Tensor(type, dims, data, strings, details);
  }

  /** The same data under other dimensions. */
  public Tensor reshape(long... dims) {
    if (elements(dims) != size()) {
      throw new InvalidInputException(
          "%s can't be reshaped to %s".formatted(this, Arrays.toString(dims)));
    }
    return new Tensor(type, dims.clone(), data, strings);
  }

  /** A copy in memory of its own, aligned and writable. */
  public Tensor copy() {
    if (type == DataType.STRING) {
      return this;
    }
    Tensor copy = allocate(type, dims);
    MemorySegment.copy(data, 0, copy.data, 0, data.byteSize());
    return copy;
  }

  /** Lets the system take a file's pages back; they are read again, should anyone ask. */
  public void release() {
    if (data != null && data.isMapped() && data.isReadOnly() && data.byteSize() >= RELEASED) {
      data.unload();
    }
  }

  /** Element {@code index} of the flattened tensor, any real type, as a double. */
  public double realAt(long index) {
    return switch (type) {
      case FLOAT -> data.getAtIndex(FLOAT, index);
      case DOUBLE -> data.getAtIndex(DOUBLE, index);
      default -> Elements.real(this, index);
    };
  }

  /** Element {@code index} of the flattened tensor, an integer or boolean type, as a long. */
  public long integerAt(long index) {
    return switch (type) {
      case INT64 -> data.getAtIndex(LONG, index);
      case INT32 -> data.getAtIndex(INT, index);
      default -> Elements.integer(this, index);
    };
  }

  /** Element {@code index} of a float tensor. */
  public float floatAt(long index) {
    return type == DataType.FLOAT ? data.getAtIndex(FLOAT, index) : (float) realAt(index);
  }

  /** Writes element {@code index} of a float tensor. */
  public void setFloat(long index, float value) {
    if (type != DataType.FLOAT) {
      throw new IllegalStateException("a float written to " + this);
    }
    data.setAtIndex(FLOAT, index, value);
  }

  /**
   * Writes element {@code index} of the flattened tensor, of boolean type, an integer type of 8
   * bits or more, or a float type of 16 or more: rounded to nearest in a float, towards zero in an
   * integer, of which the low bits are kept.
   */
  public void setReal(long index, double value) {
    Elements.set(this, index, value);
  }

  /** The elements as floats, whatever real, integer or boolean type they have. */
  public float[] floats() {
    return floats(0, Math.toIntExact(size()));
  }

  /**
   * Some elements as floats, of any real type. A loop over an array is fast from the start, one
   * over memory once it's compiled.
   */
  public float[] floats(long first, int count) {
    float[] values = new float[count];
    if (type == DataType.FLOAT) {
      MemorySegment.copy(data, FLOAT, first * Float.BYTES, values, 0, count);
    } else {
      for (int k = 0; k < count; k++) {
        values[k] = (float) realAt(first + k);
      }
    }
    return values;
  }

  /** The elements as longs, of an integer or boolean type. */
  public long[] integers() {
    long[] values = new long[Math.toIntExact(size())];
    for (int k = 0; k < values.length; k++) {
      values[k] = integerAt(k);
    }
    return values;
  }

  /** How many elements are not zero; a NaN counts, a negative zero does not. */
  public long nonzeros() {
    return Elements.nonzeros(this);
  }

  /** Whether type, shape and bytes are the same. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Tensor that
        && type == that.type
        && Arrays.equals(dims, that.dims)
        && data.byteSize() == that.data.byteSize()
        && data.mismatch(that.data) < 0
        && strings.equals(that.strings);
  }

  @Override
  public int hashCode() {
    return 31 * type.hashCode() + Arrays.hashCode(dims);
  }

  @Override
  public String toString() {
    return type + " " + Arrays.toString(dims);
  }
}
