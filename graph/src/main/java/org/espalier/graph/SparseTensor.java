package org.espalier.graph;

import java.lang.foreign.MemorySegment;

/**
 * A tensor stored as its non-zero values, as ONNX's {@code SparseTensorProto} has it.
 *
 * @param values the values, of shape [NNZ]
 * @param indices where they stand: [NNZ] positions in the flattened tensor, or [NNZ, rank]
 *     coordinates; ascending either way
 * @param shape the dense shape, all sizes known
 */
public record SparseTensor(Tensor values, Tensor indices, Shape shape) {
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

  private long[] dims() {
    return shape.sizes().orElseThrow();
  }

  /** The same tensor with its zeros written out. */
  public Tensor toDense() {
    Tensor dense = Tensor.allocate(values.type(), dims());
    long width = values.type().bits() / 8;
    if (width == 0) {
      throw new InvalidInputException("a sparse tensor of packed type " + values.type());
    }
    for (long k = 0; k < values.size(); k++) {
      long position = position(k, dense.dims());
      if (position < 0 || position >= dense.size()) {
        throw new InvalidInputException(
            "a sparse tensor of shape %s has a value at %d".formatted(shape, position));
      }
      MemorySegment.copy(values.data(), k * width, dense.data(), position * width, width);
    }
    return dense;
  }

  private long position(long k, long[] dims) {
    if (indices.rank() == 1) {
      return indices.integerAt(k);
    }
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
}
