package org.espalier.graph.eval;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Arithmetic and elementary functions of one input. */
final class Unary {
  private Unary() {}

  static void register(Map<String, Rule> rules) {
    rules.put("Abs", typed(Math::abs, Unary::abs));
    rules.put("Neg", numeric(x -> -x, x -> -x));
    rules.put("Sign", typed(Math::signum, Unary::sign));
    rules.put("Ceil", real(Math::ceil));
    rules.put("Floor", real(Math::floor));
    rules.put("Round", real(Math::rint));
    rules.put("Sqrt", real(Math::sqrt));
    rules.put("Reciprocal", real(x -> 1 / x));
    rules.put("Exp", real(Math::exp));
    rules.put("Log", real(Math::log));
    rules.put("Sin", real(Math::sin));
    rules.put("Cos", real(Math::cos));
    rules.put("Tan", real(Math::tan));
    rules.put("Asin", real(Math::asin));
    rules.put("Acos", real(Math::acos));
    rules.put("Atan", real(Math::atan));
    rules.put("Sinh", real(Math::sinh));
    rules.put("Cosh", real(Math::cosh));
    rules.put("Tanh", real(Math::tanh));
    rules.put("Asinh", real(Unary::asinh));
    rules.put("Acosh", real(x -> Math.log(x + Math.sqrt(x - 1) * Math.sqrt(x + 1))));
    rules.put("Atanh", real(x -> (Math.log1p(x) - Math.log1p(-x)) / 2));
    rules.put("Erf", real(ErrorFunction::erf));
    rules.put("IsNaN", test(call -> x -> Double.isNaN(x) ? 1 : 0));
    rules.put("IsInf", test(Unary::isInfinite));
  }

  private static double asinh(double x) {
    double magnitude = Math.abs(x);
    // Squaring would overflow, and adding one changes nothing by then.
    double value =
        magnitude > 1e150
            ? Math.log(magnitude) + Math.log(2)
            : Math.log1p(
                magnitude + magnitude * magnitude / (1 + Math.sqrt(magnitude * magnitude + 1)));
    return Math.copySign(value, x);
  }

  private static LongUnaryOperator abs(DataType type) {
    return type.isUnsigned() ? x -> x : Math::abs;
  }

  private static LongUnaryOperator sign(DataType type) {
    return type.isUnsigned() ? x -> x == 0 ? 0 : 1 : Long::signum;
  }

  private static DoubleUnaryOperator isInfinite(Call call) {
    boolean positive = call.node().integer("detect_positive", 1) != 0;
    boolean negative = call.node().integer("detect_negative", 1) != 0;
    return x ->
        (x == Double.POSITIVE_INFINITY && positive) || (x == Double.NEGATIVE_INFINITY && negative)
            ? 1
            : 0;
  }

  /** A function of floating-point numbers. */
  static Rule real(DoubleUnaryOperator f) {
    return shaped(call -> f);
  }

  /** A function of floating-point numbers that depends on the node's attributes. */
  static Rule shaped(Function<Call, DoubleUnaryOperator> function) {
    return call -> {
      Tensor x = floats(call, 0);
      return List.of(Elementwise.reals(x, x.type(), function.apply(call)));
    };
  }

  private static Rule test(Function<Call, DoubleUnaryOperator> function) {
    return call -> List.of(Elementwise.reals(floats(call, 0), DataType.BOOL, function.apply(call)));
  }

  private static Rule numeric(DoubleUnaryOperator f, LongUnaryOperator g) {
    return typed(f, type -> g);
  }

  private static Rule typed(DoubleUnaryOperator f, Function<DataType, LongUnaryOperator> g) {
    return call -> {
      Tensor x = call.input(0);
      if (x.type().isInteger()) {
        return List.of(Elementwise.integers(x, x.type(), g.apply(x.type())));
      }
      return List.of(Elementwise.reals(floats(call, 0), x.type(), f));
    };
  }

  /** Input {@code index}, which must be of a floating-point type. */
  static Tensor floats(Call call, int index) {
    Tensor x = call.input(index);
    if (!x.type().isFloat()) {
      throw call.unsupported(x.type());
    }
    return x;
  }
}
