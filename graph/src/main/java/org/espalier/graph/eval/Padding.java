package org.espalier.graph.eval;

import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Pad: a border around a tensor, or with negative sizes, a tensor cut smaller. */
final class Padding {
  private Padding() {}

  static void register(Map<String, Rule> rules) {
    Rule moving = Carrier.moving(Padding::pad, index -> index == 0 || index == 2);
    rules.put(
        "Pad",
        call -> {
          if (call.input(0).type() == DataType.STRING && call.optional(2).isEmpty()) {
            throw call.unsupported("strings without a constant_value");
          }
          return moving.apply(call);
        });
  }

  private static List<Tensor> pad(Call call) {
    Tensor x = call.input(0);
    int rank = x.rank();
    long[] pads = call.integers(1);
    int[] axes =
        call.optionalIntegers(3)
            .map(given -> call.axes(given, rank))
            .orElseGet(() -> IntStream.range(0, rank).toArray());
    if (pads.length != 2 * axes.length) {
      throw call.invalid("%d pads for %d axes".formatted(pads.length, axes.length));
    }
    long[] before = new long[rank];
    long[] dims = x.dims();
    for (int k = 0; k < axes.length; k++) {
      before[axes[k]] = pads[k];
      dims[axes[k]] += pads[k] + pads[axes.length + k];
      if (dims[axes[k]] < 0) {
        throw call.invalid("pads leave %d of axis %d of %s".formatted(dims[axes[k]], axes[k], x));
      }
    }
    String mode = call.node().text("mode", "constant");
    if (mode.equals("constant")) {
      return List.of(constant(call, x, before, dims));
    }
    Tensor y = x;
    for (int axis = 0; axis < rank; axis++) {
      long size = x.dim(axis);
      if (before[axis] == 0 && dims[axis] == size) {
        continue;
      }
      if (size == 0) {
        throw call.invalid("axis %d of %s is empty".formatted(axis, x));
      }
      long shift = before[axis];
      LongUnaryOperator source = source(call, mode, size);
      y =
          Gathering.pick(
              y,
              axis,
              LongStream.range(0, dims[axis]).map(k -> source.applyAsLong(k - shift)).toArray());
    }
    return List.of(y);
  }

  /** Where a position in or beside an axis of this size takes its element from. */
  private static LongUnaryOperator source(Call call, String mode, long size) {
    return switch (mode) {
      case "edge" -> at -> Math.clamp(at, 0, size - 1);
      case "wrap" -> at -> Math.floorMod(at, size);
      case "reflect" ->
          at -> {
            long period = Math.max(1, 2 * (size - 1));
            long phase = Math.floorMod(at, period);
            return phase < size ? phase : period - phase;
          };
      default -> throw call.invalid("mode is '" + mode + "'");
    };
  }

  private static Tensor constant(Call call, Tensor x, long[] before, long[] dims) {
    Tensor value = call.optional(2).orElse(null);
    if (value != null && value.size() != 1) {
      throw call.invalid("constant_value is %s, expected one element".formatted(value));
    }
    Tensor y =
        value == null ? Tensor.allocate(x.type(), dims) : Moving.expand(value.reshape(), dims);
    long[] from = Strided.rowMajor(x.dims());
    long[] to = Strided.rowMajor(dims);
    long[] kept = new long[dims.length];
    long p = 0;
    long q = 0;
    for (int axis = 0; axis < dims.length; axis++) {
      long cut = Math.max(0, -before[axis]);
      long shift = Math.max(0, before[axis]);
      kept[axis] = Math.max(0, Math.min(x.dim(axis) - cut, dims[axis] - shift));
      p += cut * from[axis];
      q += shift * to[axis];
    }
    Strided.copy(Moving.view(x, p, from), Moving.view(y, q, to), kept);
    return y;
  }
}
