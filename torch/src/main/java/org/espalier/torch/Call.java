package org.espalier.torch;

import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;

/**
 * One node about to be done: the node, its inputs, and the mode.
 *
 * @param inputs a tensor for each input of the node; null where an optional one is absent
 */
record Call(Node node, List<Tensor> inputs, Mode mode) {

  boolean has(int index) {
    return index < inputs.size() && inputs.get(index) != null;
  }

  Tensor in(int index) {
    if (!has(index)) {
      throw invalid("input " + index + " is missing");
    }
    return inputs.get(index);
  }

  /** An input in libtorch's form of an optional argument. */
  TensorOptional optional(int index) {
    return has(index) ? new TensorOptional(inputs.get(index)) : new TensorOptional();
  }

  /** The integers in an input. */
  long[] longs(int index) {
    return longs(in(index));
  }

  static long[] longs(Tensor tensor) {
    long[] values = new long[Math.toIntExact(tensor.numel())];
    if (values.length > 0) {
      tensor.to(ScalarType.Long).contiguous().data_ptr_long().get(values);
    }
    return values;
  }

  /** The integer in an input of one element. */
  long integer(int index) {
    return oneElement(index).item().toLong();
  }

  /** The number in an input of one element. */
  double real(int index) {
    return oneElement(index).item().toDouble();
  }

  private Tensor oneElement(int index) {
    Tensor tensor = in(index);
    if (tensor.numel() != 1) {
      throw invalid("input %d has %d elements, expected one".formatted(index, tensor.numel()));
    }
    return tensor;
  }

  boolean flag(String attribute, boolean otherwise) {
    return node.integer(attribute, otherwise ? 1 : 0) != 0;
  }

  /** The axis that an attribute names, counted from the start, of a tensor of this rank. */
  int axis(String attribute, long otherwise, long rank) {
    return axis(node.integer(attribute, otherwise), rank);
  }

  int axis(long axis, long rank) {
    if (axis < -rank || axis >= Math.max(rank, 1)) {
      throw invalid("axis %d of a tensor of rank %d".formatted(axis, rank));
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  boolean wants(int output) {
    return node.output(output).isPresent();
  }

  InvalidInputException invalid(String message) {
    return new InvalidInputException(
        "node '%s' (%s): %s".formatted(node.label(), node.op(), message));
  }

  static Scalar scalar(double value) {
    return new Scalar(value);
  }

  static Scalar scalar(long value) {
    return new Scalar(value);
  }

  /** Where libtorch asks for the type of a result: the input's. */
  static ScalarTypeOptional sameType() {
    return new ScalarTypeOptional();
  }

  static Tensor vector(long... values) {
    return Libtorch.view(org.espalier.graph.Tensor.of(values, values.length)).clone();
  }

  static TensorOptions options(ScalarType type) {
    return new TensorOptions(type);
  }

  static Tensor full(long[] shape, Scalar value, ScalarType type) {
    return torch.full(shape, value, options(type));
  }
}
