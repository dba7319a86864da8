package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Comparisons, logic and bits; nothing here has a gradient. */
final class Comparison {
  private Comparison() {}

  static void register(Rules.Table table) {
    binary(table, "Equal", Tensor::eq);
    binary(table, "Greater", Tensor::gt);
    binary(table, "GreaterOrEqual", Tensor::ge);
    binary(table, "Less", Tensor::lt);
    binary(table, "LessOrEqual", Tensor::le);
    binary(table, "And", Tensor::logical_and);
    binary(table, "Or", Tensor::logical_or);
    binary(table, "Xor", Tensor::logical_xor);
    binary(table, "BitwiseAnd", Tensor::bitwise_and);
    binary(table, "BitwiseOr", Tensor::bitwise_or);
    binary(table, "BitwiseXor", Tensor::bitwise_xor);
    table.single("BitShift", Comparison::bitShift);
    table.single("Not", call -> call.in(0).logical_not());
    table.single("BitwiseNot", call -> call.in(0).bitwise_not());
    table.single("IsNaN", call -> call.in(0).isnan());
    table.single("IsInf", Comparison::isInf);
  }

  private static void binary(Rules.Table table, String op, BinaryOperator<Tensor> function) {
    table.single(op, call -> function.apply(call.in(0), call.in(1)));
  }

  private static Tensor bitShift(Call call) {
    return call.node().text("direction", "LEFT").equals("LEFT")
        ? call.in(0).bitwise_left_shift(call.in(1))
        : call.in(0).bitwise_right_shift(call.in(1));
  }

  private static Tensor isInf(Call call) {
    Tensor x = call.in(0);
    Tensor infinite = torch.isinf(x);
    if (!call.flag("detect_positive", true)) {
      infinite = infinite.logical_and(x.lt(scalar(0.0)));
    }
    if (!call.flag("detect_negative", true)) {
      infinite = infinite.logical_and(x.gt(scalar(0.0)));
    }
    return infinite;
  }
}
