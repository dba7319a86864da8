package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Operators that write elements to given places of a copy. */
final class Scattering {
  private Scattering() {}

  static void register(Map<String, Rule> rules) {
    rules.put("ScatterElements", scatter(Scattering::scatterElements));
    rules.put("ScatterND", scatter(Scattering::scatterNd));
    rules.put("TensorScatter", Carrier.moving(Scattering::tensorScatter, index -> index < 2));
  }

  /** Without a reduction elements are only moved, and may be of any type. */
  private static Rule scatter(Rule rule) {
    Rule moving = Carrier.moving(rule, index -> index != 1);
    return call -> {
      if (call.input(0).type() != call.input(2).type()) {
        throw call.invalid("data are %s, updates are %s".formatted(call.input(0), call.input(2)));
      }
      return call.node().text("reduction", "none").equals("none")
          ? moving.apply(call)
          : rule.apply(call);
    };
  }

  /** Puts one element over another. */
  @FunctionalInterface
  private interface Update {
    void apply(long to, long from);
  }

  private static Update update(Call call, Tensor y, Tensor updates) {
    String reduction = call.node().text("reduction", "none");
    DataType type = y.type();
    if (reduction.equals("none")) {
      int width = type.bits() / 8;
      return (to, from) -> Gathering.move(updates, from, y, to, 1, width);
    }
    if (type.isFloat()) {
      DoubleBinaryOperator f =
          switch (reduction) {
            case "add" -> Double::sum;
            case "mul" -> (a, b) -> a * b;
            case "max" -> Math::max;
            case "min" -> Math::min;
            default -> throw call.invalid("reduction is '" + reduction + "'");
          };
      double[] lane = new double[1];
      return (to, from) -> {
        lane[0] = f.applyAsDouble(y.realAt(to), updates.realAt(from));
        Lanes.write(y, to, lane, 1);
      };
    }
    if (!type.isInteger() || type == DataType.UINT64) {
      throw call.unsupported(type);
    }
    LongBinaryOperator f =
        switch (reduction) {
          case "add" -> Long::sum;
          case "mul" -> (a, b) -> a * b;
          case "max" -> Math::max;
          case "min" -> Math::min;
          default -> throw call.invalid("reduction is '" + reduction + "'");
        };
    return (to, from) ->
        Lanes.store(y, to, f.applyAsLong(y.integerAt(to), updates.integerAt(from)));
  }

  private static List<Tensor> scatterElements(Call call) {
    Tensor y = call.input(0).copy();
    Tensor updates = call.input(2);
    int axis = call.axis("axis", 0, y.rank());
    long[] positions = Gathering.elementPositions(call, y, 1, axis);
    if (!Arrays.equals(call.input(1).dims(), updates.dims())) {
      throw call.invalid("indices are %s, updates are %s".formatted(call.input(1), updates));
    }
    Update update = update(call, y, updates);
    for (int k = 0; k < positions.length; k++) {
      update.apply(positions[k], k);
    }
    return List.of(y);
  }

  private static List<Tensor> scatterNd(Call call) {
    Tensor y = call.input(0).copy();
    Tensor updates = call.input(2);
    Gathering.Blocks blocks = Gathering.Blocks.of(call, y, 1, 0);
    if (!Arrays.equals(blocks.dims(), updates.dims())) {
      throw call.invalid(
          "updates are %s, expected %s".formatted(updates, Arrays.toString(blocks.dims())));
    }
    Update update = update(call, y, updates);
    for (int k = 0; k < blocks.starts().length; k++) {
      for (long j = 0; j < blocks.block(); j++) {
        update.apply(blocks.starts()[k] + j, k * blocks.block() + j);
      }
    }
    return List.of(y);
  }

  private static List<Tensor> tensorScatter(Call call) {
    Tensor y = call.input(0).copy();
    Tensor update = call.input(1);
    int axis = call.axis("axis", -2, y.rank());
    boolean circular =
        switch (call.node().text("mode", "linear")) {
          case "linear" -> false;
          case "circular" -> true;
          case String other -> throw call.invalid("mode is '" + other + "'");
        };
    long[] expected = y.dims();
    expected[axis] = update.rank() == y.rank() ? update.dim(axis) : -1;
    if (axis == 0 || !Arrays.equals(expected, update.dims()) || expected[axis] > y.dim(axis)) {
      throw call.invalid("an update %s of a cache %s on axis %d".formatted(update, y, axis));
    }
    long[] starts = call.optionalIntegers(2).orElseGet(() -> new long[Math.toIntExact(y.dim(0))]);
    if (starts.length != y.dim(0)) {
      throw call.invalid("%d write indices for %s".formatted(starts.length, y));
    }
    long size = y.dim(axis);
    long length = update.dim(axis);
    long inner = Strided.rowMajor(y.dims())[axis];
    long outer = Tensor.elements(Arrays.copyOf(y.dims(), axis));
    int width = y.type().bits() / 8;
    for (long k = 0; k < outer; k++) {
      for (long j = 0; j < length; j++) {
        long at = starts[(int) (k / (outer / y.dim(0)))] + j;
        long to = circular ? Math.floorMod(at, size) : at;
        if (to < 0 || to >= size) {
          throw call.invalid("write index %d on an axis of size %d".formatted(at, size));
        }
        Gathering.move(update, (k * length + j) * inner, y, (k * size + to) * inner, inner, width);
      }
    }
    return List.of(y);
  }
}
