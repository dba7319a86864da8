package org.espalier.graph.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Arithmetic on two or more inputs that broadcast, bitwise operators among it. */
final class Arithmetic {
  private Arithmetic() {}

  /**
   * One operator in the three kinds of arithmetic; the loops for single floats are there because
   * they are the common case and should run at the speed of memory.
   */
  private record Operator(
      Elementwise.Floats2 floats, DoubleBinaryOperator reals, Integers integers) {
    Tensor apply(Call call, Tensor a, Tensor b) {
      DataType type = a.type();
      if (type != b.type()) {
        throw call.invalid("operands %s and %s are of different types".formatted(a, b));
      }
      if (type == DataType.FLOAT && floats != null) {
        return Elementwise.floats(call, a, b, floats);
      }
      if (type.isInteger()) {
        return Elementwise.integers(call, a, b, type, integers.apply(call, type));
      }
      if (!type.isFloat()) {
        throw call.unsupported(type);
      }
      return Elementwise.reals(call, a, b, type, reals);
    }
  }

  /** The operator on integers; only 64-bit unsigned ones need another than the signed. */
  private interface Integers extends BiFunction<Call, DataType, LongBinaryOperator> {}

  private static final Operator ADD =
      new Operator(
          (x, y, n) -> {
            for (int k = 0; k < n; k++) {
              x[k] += y[k];
            }
          },
          Double::sum,
          (call, type) -> Long::sum);

  private static final Operator SUB =
      new Operator(
          (x, y, n) -> {
            for (int k = 0; k < n; k++) {
              x[k] -= y[k];
            }
          },
          (a, b) -> a - b,
          (call, type) -> (a, b) -> a - b);

  private static final Operator MUL =
      new Operator(
          (x, y, n) -> {
            for (int k = 0; k < n; k++) {
              x[k] *= y[k];
            }
          },
          (a, b) -> a * b,
          (call, type) -> (a, b) -> a * b);

  private static final Operator DIV =
      new Operator(
          (x, y, n) -> {
            for (int k = 0; k < n; k++) {
              x[k] /= y[k];
            }
          },
          (a, b) -> a / b,
          (call, type) ->
              nonzero(call, type == DataType.UINT64 ? Long::divideUnsigned : (a, b) -> a / b));

  private static final Operator MAX =
      new Operator(
          (x, y, n) -> {
            for (int k = 0; k < n; k++) {
              x[k] = Math.max(x[k], y[k]);
            }
          },
          Math::max,
          (call, type) ->
              type == DataType.UINT64
                  ? (a, b) -> Long.compareUnsigned(a, b) >= 0 ? a : b
                  : Math::max);

  private static final Operator MIN =
      new Operator(
          (x, y, n) -> {
            for (int k = 0; k < n; k++) {
              x[k] = Math.min(x[k], y[k]);
            }
          },
          Math::min,
          (call, type) ->
              type == DataType.UINT64
                  ? (a, b) -> Long.compareUnsigned(a, b) <= 0 ? a : b
                  : Math::min);

  private static final Operator FLOOR_MOD =
      new Operator(
          null,
          Arithmetic::floorMod,
          (call, type) ->
              nonzero(call, type == DataType.UINT64 ? Long::remainderUnsigned : Math::floorMod));

  private static final Operator FMOD =
      new Operator(
          null,
          (a, b) -> a % b,
          (call, type) ->
              nonzero(call, type == DataType.UINT64 ? Long::remainderUnsigned : (a, b) -> a % b));

  static void register(Map<String, Rule> rules) {
    rules.put("Add", binary(ADD));
    rules.put("Sub", binary(SUB));
    rules.put("Mul", binary(MUL));
    rules.put("Div", binary(DIV));
    rules.put(
        "Mod", call -> binary(call.node().integer("fmod", 0) == 0 ? FLOOR_MOD : FMOD).apply(call));
    rules.put("Pow", Arithmetic::pow);
    rules.put("Max", variadic(MAX));
    rules.put("Min", variadic(MIN));
    rules.put("Sum", variadic(ADD));
    rules.put("Mean", Arithmetic::mean);
    rules.put("BitwiseAnd", bitwise((a, b) -> a & b));
    rules.put("BitwiseOr", bitwise((a, b) -> a | b));
    rules.put("BitwiseXor", bitwise((a, b) -> a ^ b));
    rules.put("BitwiseNot", Arithmetic::bitwiseNot);
    rules.put("BitShift", Arithmetic::bitShift);
  }

  private static LongBinaryOperator nonzero(Call call, LongBinaryOperator f) {
    return (a, b) -> {
      if (b == 0) {
        throw call.invalid("integer division by zero");
      }
      return f.applyAsLong(a, b);
    };
  }

  /** The remainder with the sign of {@code b}. */
  private static double floorMod(double a, double b) {
    double remainder = a % b;
    if (remainder == 0) {
      return Math.copySign(0, b);
    }
    return remainder < 0 != b < 0 ? remainder + b : remainder;
  }

  private static Rule binary(Operator operator) {
    return call -> List.of(operator.apply(call, call.input(0), call.input(1)));
  }

  private static Rule variadic(Operator operator) {
    return call -> List.of(fold(call, operator));
  }

  private static Tensor fold(Call call, Operator operator) {
    Tensor result = call.input(0);
    for (int k = 1; k < call.inputs().size(); k++) {
      result = operator.apply(call, result, call.input(k));
    }
    return result;
  }

  private static List<Tensor> mean(Call call) {
    Unary.floats(call, 0);
    // The sum of halves could overflow or lose bits before the division: add in double.
    var inputs = new ArrayList<Tensor>();
    for (int k = 0; k < call.inputs().size(); k++) {
      inputs.add(Casting.cast(call.input(k), DataType.DOUBLE));
    }
    int count = inputs.size();
    Tensor sum = fold(new Call(call.node(), inputs), ADD);
    return List.of(Elementwise.reals(sum, call.input(0).type(), x -> x / count));
  }

  private static List<Tensor> pow(Call call) {
    Tensor base = call.input(0);
    Tensor exponent = call.input(1);
    DataType type = base.type();
    if (type.isInteger() && exponent.type().isInteger()) {
      return List.of(Elementwise.integers(call, base, exponent, type, (a, b) -> power(call, a, b)));
    }
    for (Tensor operand : call.inputs()) {
      if (!operand.type().isFloat() && !operand.type().isInteger()) {
        throw call.unsupported(operand.type());
      }
    }
    return List.of(Elementwise.reals(call, base, exponent, type, Arithmetic::power));
  }

  private static double power(double a, double b) {
    // As C has it and Java has not: one to any power, and minus one to an infinite one, is one.
    return a == 1 || (a == -1 && Double.isInfinite(b)) ? 1 : Math.pow(a, b);
  }

  /** Exact but for wrapping around. */
  private static long power(Call call, long base, long exponent) {
    if (exponent < 0) {
      if (base == 0) {
        throw call.invalid("zero to the power " + exponent);
      }
      return base == 1 ? 1 : base == -1 ? ((exponent & 1) == 0 ? 1 : -1) : 0;
    }
    long result = 1;
    for (long factor = base, bits = exponent; bits != 0; bits >>= 1, factor *= factor) {
      if ((bits & 1) != 0) {
        result *= factor;
      }
    }
    return result;
  }

  private static Rule bitwise(LongBinaryOperator f) {
    return call -> {
      Tensor a = call.input(0);
      Tensor b = call.input(1);
      if (a.type() != b.type()) {
        throw call.invalid("operands %s and %s are of different types".formatted(a, b));
      }
      if (!a.type().isInteger()) {
        throw call.unsupported(a.type());
      }
      return List.of(Elementwise.integers(call, a, b, a.type(), f));
    };
  }

  private static List<Tensor> bitwiseNot(Call call) {
    Tensor x = call.input(0);
    if (!x.type().isInteger()) {
      throw call.unsupported(x.type());
    }
    return List.of(Elementwise.integers(x, x.type(), v -> ~v));
  }

  /** To the right a signed number keeps its sign; an amount below zero is more than all bits. */
  private static List<Tensor> bitShift(Call call) {
    boolean unsigned = call.input(0).type().isUnsigned();
    String direction = call.node().text("direction", "");
    LongBinaryOperator shift =
        switch (direction) {
          case "LEFT" -> (a, b) -> a << b;
          case "RIGHT" -> unsigned ? (a, b) -> a >>> b : (a, b) -> a >> b;
          default -> throw call.invalid("direction is '" + direction + "'");
        };
    // Shifting by all bits or more leaves nothing, or the sign; Java takes the amount modulo 64.
    return bitwise(
            (a, b) -> {
              boolean all = Long.compareUnsigned(b, 64) >= 0;
              return all
                  ? (a < 0 && !unsigned && direction.equals("RIGHT") ? -1 : 0)
                  : shift.applyAsLong(a, b);
            })
        .apply(call);
  }
}
