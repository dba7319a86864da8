package org.espalier.graph.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.LongBinaryOperator;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Comparisons, logic on booleans, choices between values, and clipping. */
final class Logic {
  private Logic() {}

  static void register(Map<String, Rule> rules) {
    rules.put("Equal", Logic::equal);
    rules.put("Less", comparison(order -> order == -1));
    rules.put("LessOrEqual", comparison(order -> order == -1 || order == 0));
    rules.put("Greater", comparison(order -> order == 1));
    rules.put("GreaterOrEqual", comparison(order -> order == 0 || order == 1));
    rules.put("And", logical((a, b) -> a & b));
    rules.put("Or", logical((a, b) -> a | b));
    rules.put("Xor", logical((a, b) -> a ^ b));
    rules.put("Not", Logic::not);
    rules.put("Where", Carrier.moving(Logic::where, index -> index > 0));
    rules.put("Clip", Logic::clip);
  }

  /** -1, 0 or 1, and 2 where one is not a number. */
  private static int order(double a, double b) {
    return a < b ? -1 : a > b ? 1 : a == b ? 0 : 2;
  }

  private static Rule comparison(IntPredicate holds) {
    return call -> {
      Tensor a = call.input(0);
      Tensor b = sameType(call, a, call.input(1));
      if (a.type().isFloat()) {
        return List.of(
            Elementwise.reals(
                call, a, b, DataType.BOOL, (x, y) -> holds.test(order(x, y)) ? 1 : 0));
      }
      if (!a.type().isInteger() && a.type() != DataType.BOOL) {
        throw call.unsupported(a.type());
      }
      LongBinaryOperator test =
          a.type() == DataType.UINT64
              ? (x, y) -> holds.test(Integer.signum(Long.compareUnsigned(x, y))) ? 1 : 0
              : (x, y) -> holds.test(Long.compare(x, y)) ? 1 : 0;
      return List.of(Elementwise.integers(call, a, b, DataType.BOOL, test));
    };
  }

  private static List<Tensor> equal(Call call) {
    if (call.input(0).type() != DataType.STRING) {
      return comparison(order -> order == 0).apply(call);
    }
    Tensor a = call.input(0);
    Tensor b = sameType(call, a, call.input(1));
    Broadcast walk = Elementwise.broadcast(call, List.of(a, b));
    Tensor result = Tensor.allocate(DataType.BOOL, walk.dims());
    walk.rows(
        (to, from, n) -> {
          for (int k = 0; k < n; k++) {
            Bytes x = a.strings().get((int) (from[0] + k * walk.stride(0)));
            Bytes y = b.strings().get((int) (from[1] + k * walk.stride(1)));
            Lanes.store(result, to + k, x.equals(y) ? 1 : 0);
          }
        });
    return List.of(result);
  }

  private static Rule logical(LongBinaryOperator f) {
    return call ->
        List.of(Elementwise.integers(call, booleans(call, 0), booleans(call, 1), DataType.BOOL, f));
  }

  private static List<Tensor> not(Call call) {
    return List.of(Elementwise.integers(booleans(call, 0), DataType.BOOL, x -> x ^ 1));
  }

  /** Input {@code index}, which must be of booleans. */
  static Tensor booleans(Call call, int index) {
    Tensor x = call.input(index);
    if (x.type() != DataType.BOOL) {
      throw call.invalid("input %d is %s, expected BOOL".formatted(index, x));
    }
    return x;
  }

  private static Tensor sameType(Call call, Tensor a, Tensor b) {
    if (a.type() != b.type()) {
      throw call.invalid("operands %s and %s are of different types".formatted(a, b));
    }
    return b;
  }

  /** Elements are moved as bits, so that every type up to 64 bits takes the same path. */
  private static List<Tensor> where(Call call) {
    Tensor condition = booleans(call, 0);
    Tensor yes = call.input(1);
    Tensor no = call.input(2);
    if (yes.type().bits() > 64) {
      throw call.unsupported(yes.type());
    }
    Broadcast walk = Elementwise.broadcast(call, List.of(condition, yes, no));
    Tensor result = Tensor.allocate(yes.type(), walk.dims());
    Tensor bits = bits(result);
    Tensor yesBits = bits(yes);
    Tensor noBits = bits(no);
    long[] c = new long[Lanes.LENGTH];
    long[] x = new long[Lanes.LENGTH];
    long[] y = new long[Lanes.LENGTH];
    walk.rows(
        (to, from, n) -> {
          Lanes.read(condition, from[0], walk.stride(0), c, n);
          Lanes.read(yesBits, from[1], walk.stride(1), x, n);
          Lanes.read(noBits, from[2], walk.stride(2), y, n);
          for (int k = 0; k < n; k++) {
            x[k] = c[k] != 0 ? x[k] : y[k];
          }
          Lanes.write(bits, to, x, n);
        });
    return List.of(result);
  }

  /** The same memory, as unsigned integers. */
  static Tensor bits(Tensor tensor) {
    return Tensor.of(Carrier.unsigned(tensor.type().bits()), tensor.dims(), tensor.data());
  }

  /** The lower bound first, then the upper one, so that the upper one wins where they cross. */
  private static List<Tensor> clip(Call call) {
    Tensor x = call.input(0);
    var bounds = new ArrayList<Tensor>();
    for (int k = 1; k <= 2; k++) {
      int index = k;
      Tensor bound = call.optional(k).orElse(null);
      if (bound != null && (bound.size() != 1 || bound.type() != x.type())) {
        throw call.invalid(
            "bound %d is %s, expected one element of %s".formatted(index, bound, x.type()));
      }
      bounds.add(bound);
    }
    Tensor low = bounds.get(0);
    Tensor high = bounds.get(1);
    if (x.type() == DataType.FLOAT) {
      float from = low == null ? -Float.MAX_VALUE : low.floatAt(0);
      float to = high == null ? Float.MAX_VALUE : high.floatAt(0);
      return List.of(
          Elementwise.floats(
              x,
              (lane, n) -> {
                for (int k = 0; k < n; k++) {
                  lane[k] = Math.min(Math.max(lane[k], from), to);
                }
              }));
    }
    if (x.type().isFloat()) {
      double from = low == null ? Double.NEGATIVE_INFINITY : low.realAt(0);
      double to = high == null ? Double.POSITIVE_INFINITY : high.realAt(0);
      return List.of(Elementwise.reals(x, x.type(), v -> Math.min(Math.max(v, from), to)));
    }
    if (!x.type().isInteger()) {
      throw call.unsupported(x.type());
    }
    // Flipping the top bit turns the order of unsigned numbers into that of signed ones.
    long flip = x.type() == DataType.UINT64 ? Long.MIN_VALUE : 0;
    long from = low == null ? Long.MIN_VALUE : low.integerAt(0) ^ flip;
    long to = high == null ? Long.MAX_VALUE : high.integerAt(0) ^ flip;
    return List.of(
        Elementwise.integers(x, x.type(), v -> Math.min(Math.max(v ^ flip, from), to) ^ flip));
  }
}
