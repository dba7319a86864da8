package org.espalier.prune.coupling;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is computed element by element: every axis is that of the result. */
final class ElementwiseTies {
  private static final List<String> UNARY =
      List.of(
          "Abs",
          "Acos",
          "Acosh",
          "Asin",
          "Asinh",
          "Atan",
          "Atanh",
          "Cast",
          "Ceil",
          "Celu",
          "Clip",
          "Cos",
          "Cosh",
          "Dropout",
          "Elu",
          "Erf",
          "Exp",
          "Floor",
          "Gelu",
          "HardSigmoid",
          "HardSwish",
          "Identity",
          "IsInf",
          "IsNaN",
          "LeakyRelu",
          "Log",
          "Mish",
          "Neg",
          "Not",
          "Reciprocal",
          "Relu",
          "Round",
          "Selu",
          "Shrink",
          "Sigmoid",
          "Sign",
          "Sin",
          "Sinh",
          "Softplus",
          "Softsign",
          "Sqrt",
          "Swish",
          "Tan",
          "Tanh",
          "ThresholdedRelu");

  private static final List<String> BROADCAST =
      List.of("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean", "Mod", "PRelu");

  private ElementwiseTies() {}

  static Map<String, TieRule> rules() {
    var rules = new HashMap<String, TieRule>();
    UNARY.forEach(op -> rules.put(op, ElementwiseTies::unary));
    BROADCAST.forEach(op -> rules.put(op, ElementwiseTies::broadcast));
    return rules;
  }

  /** The first input is what's computed on; others, such as bounds, are scalars. */
  static void unary(TieCall call) {
    for (String output : call.outputs()) {
      call.same(call.input(0), output);
    }
  }

  static void broadcast(TieCall call) {
    String output = call.output(0);
    for (String input : call.inputs()) {
      call.broadcast(input, output);
    }
    for (int axis = 0; axis < call.rank(output); axis++) {
      call.free(output, axis);
    }
  }
}
