package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;

/** One node with the tensors it is given; an absent optional input is null. */
record Call(Node node, List<Tensor> inputs) {
  Tensor input(int index) {
    return optional(index).orElseThrow(() -> invalid("input %d is missing".formatted(index)));
  }

  Optional<Tensor> optional(int index) {
    return index < inputs.size() ? Optional.ofNullable(inputs.get(index)) : Optional.empty();
  }

  /** The integers of a required input, such as axes or a shape. */
  long[] integers(int index) {
    return integers(index, input(index));
  }

  private long[] integers(int index, Tensor tensor) {
    if (tensor.type() != DataType.INT64 && tensor.type() != DataType.INT32) {
      throw invalid("input %d is %s, expected int64".formatted(index, tensor));
    }
    return tensor.integers();
  }

  Optional<long[]> optionalIntegers(int index) {
    return optional(index).map(tensor -> integers(index, tensor));
  }

  /** The one integer of a required input. */
  long integer(int index) {
    long[] values = integers(index);
    if (values.length != 1) {
      throw invalid("input %d has %d elements, expected 1".formatted(index, values.length));
    }
    return values[0];
  }

  /** The axis in attribute {@code key}, counted from the front. */
  int axis(String key, long otherwise, int rank) {
    return axis(node.integer(key, otherwise), rank);
  }

  /** {@code axis} counted from the front. */
  int axis(long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw invalid("axis %d of a tensor of rank %d".formatted(axis, rank));
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  int[] axes(long[] axes, int rank) {
    int[] front = Arrays.stream(axes).mapToInt(axis -> axis(axis, rank)).toArray();
    if (Arrays.stream(front).distinct().count() != front.length) {
      throw invalid("axes %s name one axis twice".formatted(Arrays.toString(axes)));
    }
    return front;
  }

  /** The element type that attribute {@code key} names. */
  DataType type(String key, DataType otherwise) {
    if (!node.has(key)) {
      return otherwise;
    }
    long code = node.integer(key, 0);
    return DataType.ofCode(code).orElseThrow(() -> invalid(key + " names no type: " + code));
  }

  /** An error in what the node was given. */
  InvalidInputException invalid(String problem) {
    return new InvalidInputException(
        "node '%s' (%s): %s".formatted(node.label(), node.op(), problem));
  }

  /** An error for what the standard may allow and this library can't do. */
  UnsupportedModelException unsupported(String reason) {
    return new UnsupportedModelException(
        List.of(new UnsupportedModelException.Unsupported(node.label(), node.op(), reason)));
  }

  UnsupportedModelException unsupported(DataType type) {
    return unsupported("element type " + type);
  }
}
