package org.espalier.prune.coupling;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Comparisons, logic, and what is picked by it: element by element, repeated where needed. */
final class ConditionTies {
  private static final List<String> OPERATORS =
      List.of(
          "And",
          "BitShift",
          "BitwiseAnd",
          "BitwiseOr",
          "BitwiseXor",
          "Equal",
          "Greater",
          "GreaterOrEqual",
          "Less",
          "LessOrEqual",
          "Or",
          "Where",
          "Xor");

  private ConditionTies() {}

  static Map<String, TieRule> rules() {
    var rules = new HashMap<String, TieRule>();
    OPERATORS.forEach(op -> rules.put(op, ElementwiseTies::broadcast));
    rules.put("BitwiseNot", ElementwiseTies::unary);
    rules.put("Trilu", ConditionTies::triangle);
    rules.put("CastLike", ConditionTies::like);
    return rules;
  }

  private static void like(TieCall call) {
    call.same(call.input(0), call.output(0));
    for (int axis = 0; axis < call.rank(call.input(1)); axis++) {
      call.free(call.input(1), axis);
    }
  }

  private static void triangle(TieCall call) {
    String x = call.input(0);
    call.same(x, call.output(0));
    call.fix(x, -1, "cut along its diagonal");
    call.fix(x, -2, "cut along its diagonal");
  }
}
