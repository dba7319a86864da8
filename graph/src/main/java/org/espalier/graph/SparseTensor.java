package org.espalier.graph;

import java.lang.foreign.MemorySegment;

/**
 * A tensor stored as its non-zero values, as ONNX's {@code SparseTensorProto} has it. Zero is what
 * has no bit set: a negative zero is stored, so that every bit comes back.
 *
 * @param values the values, of shape [NNZ]
 * @param indices where they stand: [NNZ] positions in the flattened tensor, or [NNZ, rank]
 *     coordinates; ascending either way
 * @param shape the dense shape, all sizes known
 * @param form how files hold it, as an initializer
 */
public record SparseTensor(Tensor values, Tensor indices, Shape shape, Form form) {
  private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[16]);

  /** How a sparse initializer is written. */
  public enum Form {
    /** As {@code sparse_initializer}: 8 bytes of position for each value. */
    INDEXED,
    /**
     * As dense initializers and the nodes that unpack them: under a byte of position for each
     * value, and nothing that a reader of dense models doesn't know. Model files of an operator set
     * before 11 can't hold it, and get the other.
     */
    PACKED
  }

  public SparseTensor {
    if (values.rank() != 1 || indices.rank() < 1 || indices.rank() > 2) {
      throw new InvalidInputException(
          "a sparse tensor with values %s and indices %s, expected [NNZ] and [NNZ] or [NNZ, rank]"
              .formatted(values.shape(), indices.shape()));
    }
    if (!shape.isFixed()
        || indices.dim(0) != values.dim(0)
        || (indices.rank() == 2 && indices.dim(1) != shape.rank())
        || indices.type() != DataType.INT64) {
      throw new InvalidInputException(
          "a sparse tensor of shape %s with %d values has indices %s of type %s"
              .formatted(shape, values.dim(0), indices.shape(), indices.type()));
    }
  }

  /** As {@code SparseTensorProto} has it. */
  public SparseTensor(Tensor values, Tensor indices, Shape shape) {
    this(values, indices, shape, Form.INDEXED);
  }

  /** The elements of {@code dense} that have a bit set; its details go with the values. */
  public static SparseTensor of(Tensor dense, Form form) {
    int width = dense.type().bits() / 8;
    if (width == 0) {
      throw new InvalidInputException("a sparse tensor of packed type " + dense.type());
    }
    long count = 0;
    for (long k = 0; k < dense.size(); k++) {
      count += isZero(dense, k, width) ? 0 : 1;
    }
    Tensor values = Tensor.allocate(dense.type(), count);
    Tensor indices = Tensor.allocate(DataType.INT64, count);
    long next = 0;
    for (long k = 0; k < dense.size(); k++) {
      if (!isZero(dense, k, width)) {
        MemorySegment.copy(dense.data(), k * width, values.data(), next * width, width);
        indices.data().setAtIndex(Tensor.LONG, next++, k);
      }
    }
    return new SparseTensor(
        values.withDetails(dense.details()), indices, Shape.of(dense.dims()), form);
  }

  private static boolean isZero(Tensor tensor, long k, int width) {
    MemorySegment data = tensor.data();
    return switch (width) {
      case 4 -> data.getAtIndex(Tensor.INT, k) == 0;
      case 2 -> data.getAtIndex(Tensor.SHORT, k) == 0;
      case 8 -> data.getAtIndex(Tensor.LONG, k) == 0;
      default -> data.asSlice(k * width, width).mismatch(ZEROS.asSlice(0, width)) < 0;
    };
  }

  /** Whether value {@code k} has no bit set, and needn't have been stored. */
  public boolean isZero(long k) {
    return isZero(values, k, values.type().bits() / 8);
  }

  private long[] dims() {
    return shape.sizes().orElseThrow();
  }

  /** The same tensor with its zeros written out. */
  public Tensor toDense() {
    long[] dims = dims();
    Tensor dense = Tensor.allocate(values.type(), dims);
    long width = values.type().bits() / 8;
    if (width == 0) {
      throw new InvalidInputException("a sparse tensor of packed type " + values.type());
    }
    for (long k = 0; k < values.size(); k++) {
      long position = position(k, dims, dense.size());
      MemorySegment.copy(values.data(), k * width, dense.data(), position * width, width);
    }
    return dense;
  }

  /** Where each value stands in the flattened tensor. */
  public long[] positions() {
    long[] dims = dims();
    long size = Tensor.elements(dims);
    long[] positions = new long[Math.toIntExact(values.size())];
    for (int k = 0; k < positions.length; k++) {
      positions[k] = position(k, dims, size);
    }
    return positions;
  }

  private long position(long k, long[] dims, long size) {
    long position = indices.rank() == 1 ? indices.integerAt(k) : flat(k, dims);
    if (position < 0 || position >= size) {
      throw new InvalidInputException(
          "a sparse tensor of shape %s has a value at %d".formatted(shape, position));
    }
    return position;
  }

  private long flat(long k, long... dims) {
    long position = 0;
    for (int axis = 0; axis < dims.length; axis++) {
      long coordinate = indices.integerAt(k * dims.length + axis);
      if (coordinate < 0 || coordinate >= dims[axis]) {
        return -1;
      }
      position = position * dims[axis] + coordinate;
    }
    return position;
  }

  /** The same tensor in another form. */
  public SparseTensor in(Form form) {
    return form == this.form ? this : new SparseTensor(values, indices, shape, form);
  }
}
