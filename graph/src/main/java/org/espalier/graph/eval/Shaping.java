package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/** Operators that change a shape, read one, or make a tensor from one. */
final class Shaping {
  private Shaping() {}

  static void register(Map<String, Rule> rules) {
    rules.put("Identity", call -> List.of(call.input(0)));
    rules.put("Dropout", Shaping::dropout);
    rules.put("Constant", Shaping::constant);
    rules.put("Reshape", Shaping::reshape);
    rules.put("Flatten", Shaping::flatten);
    rules.put("Squeeze", Shaping::squeeze);
    rules.put("Unsqueeze", Shaping::unsqueeze);
    rules.put("Shape", Shaping::shape);
    rules.put("Size", call -> List.of(Tensor.scalar(call.input(0).size())));
    rules.put("ConstantOfShape", Shaping::constantOfShape);
    rules.put("Range", Shaping::range);
    rules.put("EyeLike", Shaping::eyeLike);
  }

  /** In inference dropout keeps everything; in training it is random and not ours to do. */
  private static List<Tensor> dropout(Call call) {
    boolean training = call.optional(2).map(mode -> mode.integerAt(0) != 0).orElse(false);
    double ratio = call.optional(1).map(value -> value.realAt(0)).orElse(0.5);
    if (training && ratio != 0) {
      throw call.unsupported("dropout in training is random");
    }
    Tensor x = call.input(0);
    Tensor mask = Tensor.allocate(DataType.BOOL, x.dims());
    mask.data().fill((byte) 1);
    return List.of(x, mask);
  }

  private static List<Tensor> constant(Call call) {
    var node = call.node();
    if (node.has("value")) {
      return List.of(node.tensor("value").orElseThrow());
    }
    if (node.has("value_float")) {
      return List.of(Tensor.scalar(node.real("value_float", 0)));
    }
    if (node.has("value_int")) {
      return List.of(Tensor.scalar(node.integer("value_int", 0)));
    }
    if (node.has("value_ints")) {
      return List.of(Tensor.of(node.integers("value_ints").orElseThrow()));
    }
    return switch (node.attributes().values().stream().findFirst().orElse(null)) {
      case Attribute.FloatValues(List<Float> values) -> {
        float[] floats = new float[values.size()];
        for (int k = 0; k < floats.length; k++) {
          floats[k] = values.get(k);
        }
        yield List.of(Tensor.of(floats));
      }
      case Attribute.StringValue(var value) ->
          List.of(Tensor.ofStrings(List.of(value), 1).reshape());
      case Attribute.StringValues(var values) -> List.of(Tensor.ofStrings(values));
      case Attribute.SparseTensorValue(var value) -> List.of(value.toDense());
      case null, default -> throw call.invalid("no value");
    };
  }

  private static List<Tensor> reshape(Call call) {
    Tensor x = call.input(0);
    long[] shape = call.integers(1);
    boolean zeros = call.node().integer("allowzero", 0) != 0;
    int open = -1;
    long known = 1;
    for (int axis = 0; axis < shape.length; axis++) {
      if (shape[axis] == 0 && !zeros) {
        if (axis >= x.rank()) {
          throw call.invalid(
              "shape %s copies axis %d of %s".formatted(Arrays.toString(shape), axis, x));
        }
        shape[axis] = x.dim(axis);
      }
      if (shape[axis] == -1 && open < 0) {
        open = axis;
      } else if (shape[axis] < 0) {
        throw call.invalid("shape " + Arrays.toString(shape));
      } else {
        known *= shape[axis];
      }
    }
    if (open >= 0) {
      if (known == 0 || x.size() % known != 0) {
        throw call.invalid("%s to shape %s".formatted(x, Arrays.toString(shape)));
      }
      shape[open] = x.size() / known;
    }
    return List.of(view(call, x, shape));
  }

  private static Tensor view(Call call, Tensor x, long... dims) {
    try {
      return x.reshape(dims);
    } catch (InvalidInputException problem) {
      throw call.invalid(problem.getMessage());
    }
  }

  private static List<Tensor> flatten(Call call) {
    Tensor x = call.input(0);
    long given = call.node().integer("axis", 1);
    if (given < -x.rank() || given > x.rank()) {
      throw call.invalid("axis %d of a tensor of rank %d".formatted(given, x.rank()));
    }
    int axis = (int) (given < 0 ? given + x.rank() : given);
    long[] dims = x.dims();
    return List.of(
        x.reshape(
            Tensor.elements(Arrays.copyOf(dims, axis)),
            Tensor.elements(Arrays.copyOfRange(dims, axis, dims.length))));
  }

  private static List<Tensor> squeeze(Call call) {
    Tensor x = call.input(0);
    long[] dims = x.dims();
    boolean[] gone = new boolean[dims.length];
    if (call.optional(1).isPresent()) {
      for (int axis : call.axes(call.integers(1), dims.length)) {
        if (dims[axis] != 1) {
          throw call.invalid("axis %d of %s is not 1".formatted(axis, x));
        }
        gone[axis] = true;
      }
    } else {
      for (int axis = 0; axis < dims.length; axis++) {
        gone[axis] = dims[axis] == 1;
      }
    }
    return List.of(
        x.reshape(
            LongStream.range(0, dims.length)
                .filter(axis -> !gone[(int) axis])
                .map(axis -> dims[(int) axis])
                .toArray()));
  }

  private static List<Tensor> unsqueeze(Call call) {
    Tensor x = call.input(0);
    long[] given = call.integers(1);
    int rank = x.rank() + given.length;
    long[] dims = new long[rank];
    for (int axis : call.axes(given, rank)) {
      dims[axis] = -1;
    }
    int from = 0;
    for (int axis = 0; axis < rank; axis++) {
      dims[axis] = dims[axis] < 0 ? 1 : x.dim(from++);
    }
    return List.of(x.reshape(dims));
  }

  private static List<Tensor> shape(Call call) {
    long[] dims = call.input(0).dims();
    int from = clamp(call.node().integer("start", 0), dims.length);
    int to = clamp(call.node().integer("end", dims.length), dims.length);
    return List.of(Tensor.of(Arrays.copyOfRange(dims, from, Math.max(from, to))));
  }

  private static int clamp(long position, int rank) {
    return (int) Math.clamp(position < 0 ? position + rank : position, 0L, (long) rank);
  }

  private static List<Tensor> constantOfShape(Call call) {
    Tensor value = call.node().tensor("value").orElse(Tensor.of(new float[] {0}));
    long[] dims = call.integers(0);
    if (value.size() != 1) {
      throw call.invalid("value has %d elements, expected 1".formatted(value.size()));
    }
    return Carrier.moving(inner -> List.of(Moving.expand(inner.input(0).reshape(), dims)))
        .apply(new Call(call.node(), List.of(value)));
  }

  private static List<Tensor> range(Call call) {
    Tensor start = call.input(0);
    DataType type = start.type();
    for (int k = 0; k < 3; k++) {
      if (call.input(k).size() != 1 || call.input(k).type() != type) {
        throw call.invalid("input %d is %s, expected one %s".formatted(k, call.input(k), type));
      }
    }
    if (type.isInteger() && type != DataType.UINT64) {
      long from = start.integerAt(0);
      long limit = call.input(1).integerAt(0);
      long delta = call.input(2).integerAt(0);
      if (delta == 0) {
        throw call.invalid("delta is 0");
      }
      long count = Math.max(0, Math.ceilDiv(limit - from, delta));
      Tensor y = Tensor.allocate(type, count);
      for (long k = 0; k < count; k++) {
        Lanes.store(y, k, from + k * delta);
      }
      return List.of(y);
    }
    if (!type.isFloat()) {
      throw call.unsupported(type);
    }
    double from = start.realAt(0);
    double delta = call.input(2).realAt(0);
    double count = Math.ceil((call.input(1).realAt(0) - from) / delta);
    if (!(count < Integer.MAX_VALUE)) {
      throw call.invalid("a range of " + count + " elements");
    }
    Tensor y = Tensor.allocate(type, (long) Math.max(0, count));
    for (long k = 0; k < y.size(); k++) {
      Lanes.write(y, k, new double[] {from + k * delta}, 1);
    }
    return List.of(y);
  }

  private static List<Tensor> eyeLike(Call call) {
    Tensor x = call.input(0);
    DataType type = call.type("dtype", x.type());
    if (x.rank() != 2) {
      throw call.invalid("input is %s, expected a matrix".formatted(x));
    }
    if (!type.isFloat() && !type.isInteger() && type != DataType.BOOL) {
      throw call.unsupported(type);
    }
    Tensor y = Tensor.allocate(type, x.dims());
    long shift = call.node().integer("k", 0);
    for (long row = Math.max(0, -shift); row < x.dim(0) && row + shift < x.dim(1); row++) {
      Lanes.write(y, row * x.dim(1) + row + shift, new double[] {1}, 1);
    }
    return List.of(y);
  }
}
