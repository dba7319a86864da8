package org.espalier.prune.coupling;

import java.util.Map;

/**
 * Quantised numbers: scales and zero points that belong to channels go with them. Products of
 * integers are tied as those of floats.
 */
final class QuantizationTies {
  private QuantizationTies() {}

  static Map<String, TieRule> rules() {
    return Map.of(
        "QuantizeLinear", QuantizationTies::linear,
        "DequantizeLinear", QuantizationTies::linear,
        "DynamicQuantizeLinear", QuantizationTies::dynamic,
        "MatMulInteger", QuantizationTies::matMul);
  }

  private static void linear(TieCall call) {
    String x = call.input(0);
    call.same(x, call.output(0));
    for (int k = 1; k < call.inputs().size(); k++) {
      parameter(call, call.input(k), x);
    }
  }

  /** One for all, one for each index of an axis, or one for each block. */
  private static void parameter(TieCall call, String parameter, String x) {
    int rank = call.rank(x);
    if (call.rank(parameter) == 1 && !call.isOne(parameter, 0)) {
      call.same(parameter, 0, x, call.axis("axis", 1, rank));
    } else if (call.rank(parameter) == rank && rank > 1) {
      int blocked = call.axis("axis", 1, rank);
      for (int axis = 0; axis < rank; axis++) {
        if (axis == blocked) {
          call.fix(x, axis, "quantised in blocks");
          call.fix(parameter, axis, "quantised in blocks");
        } else {
          call.same(parameter, axis, x, axis);
        }
      }
    }
  }

  /** The range is that of what is left; 0 always lies in it. */
  private static void dynamic(TieCall call) {
    call.same(call.input(0), call.output(0));
  }

  private static void matMul(TieCall call) {
    String y = call.output(0);
    ProductTies.product(call, call.input(0), call.input(1), y);
    zeroPoint(call, 2, call.input(0), -2);
    zeroPoint(call, 3, call.input(1), -1);
  }

  private static void zeroPoint(TieCall call, int input, String of, int axis) {
    if (!call.has(input)) {
      return;
    }
    String point = call.input(input);
    if (call.rank(point) == 1 && !call.isOne(point, 0)) {
      call.same(point, 0, of, axis);
    } else if (call.rank(point) > 1) {
      throw new Refusal("zero points of rank " + call.rank(point));
    }
  }
}
