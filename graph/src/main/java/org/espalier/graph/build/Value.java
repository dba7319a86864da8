package org.espalier.graph.build;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Shape;

/**
 * What flows through a graph being built: a name, an element type, and the shape as far as it is
 * known. Each method adds a layer behind it and returns that layer's output.
 *
 * <p>Layers with weights are named by the caller, and {@code conv1} has weights {@code
 * conv1.weight} and {@code conv1.bias}. The others take the prefix of what they follow: a ReLU
 * behind {@code layer1.0.bn1} is {@code layer1.0.relu}. Images are [N, channels, height, width],
 * tokens are [N, sequence, features].
 */
public record Value(GraphBuilder builder, String name, DataType type, Shape shape) {
  /** The size of {@code axis}, which must be a number; a negative axis counts from the end. */
  public int size(int axis) {
    if (axis >= shape.rank() || axis < -shape.rank()) {
      throw new InvalidInputException(
          "'%s' has shape %s, expected an axis %d".formatted(name, shape, axis));
    }
    return switch (shape.dim(axis)) {
      case Dim.Fixed(long size) -> Math.toIntExact(size);
      case Dim other ->
          throw new InvalidInputException(
              "'%s' has shape %s, expected a number on axis %d".formatted(name, shape, axis));
    };
  }

  /** The size of axis 1. */
  public int channels() {
    return size(1);
  }

  /** Convolution; the weight is [filters, channels / groups, kernel, kernel]. */
  public Value conv(String name, int filters, Conv form) {
    return Layers.conv(this, name, filters, form);
  }

  /** Convolution of each channel by itself; the weight is [channels, 1, kernel, kernel]. */
  public Value depthwise(String name, Conv form) {
    return conv(name, channels(), form.groups(channels()));
  }

  /** Transposed convolution with a bias; the weight is [channels, filters, kernel, kernel]. */
  public Value convTranspose(String name, int filters, int kernel, int stride) {
    return Layers.convTranspose(this, name, filters, kernel, stride);
  }

  /** The maximum of each window of {@code size} by {@code size}. */
  public Value maxPool(int size, int stride, int pad) {
    return pool("MaxPool", size, stride, pad);
  }

  /** The mean of each window of {@code size} by {@code size}. */
  public Value averagePool(int size, int stride, int pad) {
    return pool("AveragePool", size, stride, pad);
  }

  private Value pool(String op, int size, int stride, int pad) {
    return follow(
        op,
        Sizes.image(this, channels(), length -> (length + 2L * pad - size) / stride + 1),
        Map.of(
            "kernel_shape", Attribute.of(size, size),
            "strides", Attribute.of(stride, stride),
            "pads", Attribute.of(pad, pad, pad, pad)));
  }

  /** The mean of each channel: [N, channels, 1, 1]. */
  public Value globalAveragePool() {
    return follow("GlobalAveragePool", Sizes.image(this, channels(), size -> 1), Map.of());
  }

  /** Linear layer with a bias, weights for a ReLU behind it. */
  public Value linear(String name, int units) {
    return linear(name, units, Init.kaimingNormal());
  }

  /**
   * Linear layer with a bias, over the last axis: on a matrix Gemm with a weight of [units,
   * features], else MatMul with a weight of [features, units] and Add.
   */
  public Value linear(String name, int units, Init init) {
    return Layers.linear(this, name, units, init);
  }

  /** Linear layer without a bias, over the last axis; the weight is [features, units]. */
  public Value matmul(String name, int units, Init init) {
    return Layers.matmul(this, name, units, init);
  }

  /** The matrix product of the last two axes. */
  public Value matmul(Value other) {
    return follow("MatMul", Sizes.withLast(shape, other.shape.dim(-1)), Map.of(), other);
  }

  /** Batch normalisation with its running statistics, scale 1. */
  public Value batchNorm(String name) {
    return batchNorm(name, 1);
  }

  /** Batch normalisation with its running statistics (mean 0, variance 1) and this first scale. */
  public Value batchNorm(String name, double scale) {
    return Layers.batchNorm(this, name, scale);
  }

  /** Layer normalisation over the last axis. */
  public Value layerNorm(String name, float epsilon) {
    return Layers.layerNorm(this, name, epsilon);
  }

  /** Division by the root of the mean square over the last axis, in primitives, with a scale. */
  public Value rmsNorm(String name, float epsilon) {
    return Layers.rmsNorm(this, name, epsilon);
  }

  public Value relu() {
    return then("Relu");
  }

  /** ReLU cut off at 6. */
  public Value relu6() {
    return then("Clip", Map.of(), builder.real(0f), builder.real(6f));
  }

  public Value gelu() {
    return then("Gelu");
  }

  public Value sigmoid() {
    return then("Sigmoid");
  }

  /** x times sigmoid(x). */
  public Value silu() {
    return mul(sigmoid());
  }

  public Value hardSwish() {
    return then("HardSwish");
  }

  /** max(0, min(1, x / 6 + 1 / 2)). */
  public Value hardSigmoid() {
    return then("HardSigmoid", Map.of("alpha", Attribute.of(1 / 6f), "beta", Attribute.of(0.5f)));
  }

  public Value tanh() {
    return then("Tanh");
  }

  /** Softmax over the last axis. */
  public Value softmax() {
    return then("Softmax", Map.of("axis", Attribute.of(-1)));
  }

  public Value add(Value other) {
    return follow("Add", Sizes.broadcast(this, other), Map.of(), other);
  }

  public Value sub(Value other) {
    return follow("Sub", Sizes.broadcast(this, other), Map.of(), other);
  }

  public Value mul(Value other) {
    return follow("Mul", Sizes.broadcast(this, other), Map.of(), other);
  }

  public Value div(Value other) {
    return follow("Div", Sizes.broadcast(this, other), Map.of(), other);
  }

  /** All axes but the first as one. */
  public Value flatten() {
    long features = 1;
    for (int axis = 1; axis < shape.rank(); axis++) {
      features *= size(axis);
    }
    return follow("Flatten", Shape.of(shape.dim(0), Dim.of(features)), Map.of());
  }

  /** Other dimensions: 0 keeps that axis, -1 stands for what is left. */
  public Value reshape(long... sizes) {
    return follow("Reshape", Sizes.reshaped(shape, sizes), Map.of(), builder.integers(sizes));
  }

  /** The axes in another order. */
  public Value transpose(int... order) {
    return follow(
        "Transpose",
        Shape.of(Arrays.stream(order).mapToObj(shape::dim).toArray(Dim[]::new)),
        Map.of("perm", Attribute.of(Arrays.stream(order).asLongStream().toArray())));
  }

  /** A new axis of size 1 that becomes {@code axis}. */
  public Value unsqueeze(int axis) {
    var dims = new ArrayList<>(shape.dims());
    dims.add(axis, Dim.of(1));
    return follow("Unsqueeze", new Shape(dims), Map.of(), builder.integers(axis));
  }

  /** Without {@code axis}, which has size 1. */
  public Value squeeze(int axis) {
    var dims = new ArrayList<>(shape.dims());
    dims.remove(axis);
    return follow("Squeeze", new Shape(dims), Map.of(), builder.integers(axis));
  }

  /** This and others, one behind the other along {@code axis}. */
  public Value concat(int axis, Value... others) {
    Dim[] dims = shape.dims().toArray(Dim[]::new);
    int at = axis < 0 ? axis + dims.length : axis;
    long size = size(axis);
    for (Value other : others) {
      size += other.size(axis);
    }
    dims[at] = Dim.of(size);
    return follow("Concat", Shape.of(dims), Map.of("axis", Attribute.of(axis)), others);
  }

  /** Elements {@code start} to {@code end} of {@code axis}, every {@code step}-th. */
  public Value slice(int axis, long start, long end, long step) {
    Dim[] dims = shape.dims().toArray(Dim[]::new);
    long to = shape.dim(axis).isFixed() ? Math.min(end, size(axis)) : end;
    dims[axis < 0 ? axis + dims.length : axis] = Dim.of(Math.ceilDiv(to - start, step));
    return follow(
        "Slice",
        Shape.of(dims),
        Map.of(),
        builder.integers(start),
        builder.integers(end),
        builder.integers(axis),
        builder.integers(step));
  }

  /** Parts of these sizes along {@code axis}. */
  public List<Value> split(int axis, long... sizes) {
    var parts = new ArrayList<Value>();
    for (long size : sizes) {
      Dim[] dims = shape.dims().toArray(Dim[]::new);
      dims[axis < 0 ? axis + dims.length : axis] = Dim.of(size);
      String part = builder.take(builder.unique(prefix() + "split"));
      parts.add(new Value(builder, part, type, Shape.of(dims)));
    }
    builder.node(
        "Split",
        List.of(this, builder.integers(sizes)),
        Map.of("axis", Attribute.of(axis)),
        parts.stream().map(Value::name).toList());
    return parts;
  }

  /** The size of {@code axis} at run time: one int64, [1]. */
  public Value length(int axis) {
    return follow(
        "Shape",
        DataType.INT64,
        Shape.of(1),
        Map.of("start", Attribute.of(axis), "end", Attribute.of(axis + 1)));
  }

  /** The positions 0, 1, 2 and so on along {@code axis}: int64, [size]. */
  public Value positions(int axis) {
    Value from = builder.integer(0);
    Value step = builder.integer(1);
    String free = builder.unique(prefix() + "positions");
    return builder.node(
        free,
        "Range",
        DataType.INT64,
        Shape.of(shape.dim(axis)),
        Map.of(),
        from,
        length(axis).squeeze(0),
        step);
  }

  public Value cast(DataType type) {
    return follow("Cast", type, shape, Map.of("to", Attribute.of(type.code())));
  }

  /** Rows of a table of [entries, features] picked by these integers. */
  public Value embedding(String name, int entries, int features, Init init) {
    return Layers.embedding(this, name, entries, features, init);
  }

  /** An operator whose output has this value's type and shape, named after the operator. */
  public Value then(String op, Value... others) {
    return then(op, Map.of(), others);
  }

  /** An operator whose output has this value's type and shape, named after the operator. */
  public Value then(String op, Map<String, Attribute> attributes, Value... others) {
    return follow(op, shape, attributes, others);
  }

  /** An operator whose output has this value's type and another shape, named after the operator. */
  public Value follow(String op, Shape shape, Map<String, Attribute> attributes, Value... others) {
    return follow(op, type, shape, attributes, others);
  }

  private Value follow(
      String op, DataType type, Shape shape, Map<String, Attribute> attributes, Value... others) {
    var inputs = new ArrayList<Value>(List.of(this));
    inputs.addAll(List.of(others));
    String free = builder.unique(prefix() + op.toLowerCase(Locale.ROOT));
    return builder.node(free, op, type, shape, attributes, inputs.toArray(Value[]::new));
  }

  /** The same value, said to have this shape, where the builder can't know. */
  public Value as(Shape shape) {
    return new Value(builder, name, type, shape);
  }

  private String prefix() {
    return name.substring(0, name.lastIndexOf('.') + 1);
  }
}
