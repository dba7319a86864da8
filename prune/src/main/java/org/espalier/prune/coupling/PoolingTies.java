package org.espalier.prune.coupling;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Pools keep batch and channels; positions stay. */
final class PoolingTies {
  private static final List<String> POOLS =
      List.of(
          "AveragePool", "MaxPool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool");

  private PoolingTies() {}

  static Map<String, TieRule> rules() {
    var rules = new HashMap<String, TieRule>();
    POOLS.forEach(op -> rules.put(op, PoolingTies::pool));
    return rules;
  }

  private static void pool(TieCall call) {
    String x = call.input(0);
    if (call.node().output(1).isPresent()) {
      throw new Refusal("its indices count channels");
    }
    String y = call.output(0);
    for (int axis = 0; axis < call.rank(x); axis++) {
      if (axis < 2) {
        call.same(x, axis, y, axis);
      } else {
        call.fix(x, axis, "positions of a pool");
        call.fix(y, axis, "positions of a pool");
      }
    }
  }
}
