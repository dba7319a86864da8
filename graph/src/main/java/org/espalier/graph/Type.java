package org.espalier.graph;

import java.util.Optional;

/** The type of a value, as ONNX's {@code TypeProto} tells it. */
public sealed interface Type {
  /** A dense tensor; without a shape not even its rank is known. */
  record TensorType(DataType element, Optional<Shape> shape) implements Type {}

  /** A sparse tensor. */
  record SparseTensorType(DataType element, Optional<Shape> shape) implements Type {}

  record SequenceType(Type element) implements Type {}

  record MapType(DataType key, Type value) implements Type {}

  record OptionalType(Type element) implements Type {}

  /** A type that the file leaves open or that we don't know, kept as its bytes. */
  record OtherType(Bytes bytes) implements Type {}

  static TensorType tensor(DataType element, Shape shape) {
    return new TensorType(element, Optional.of(shape));
  }

  static TensorType tensor(DataType element) {
    return new TensorType(element, Optional.empty());
  }
}
