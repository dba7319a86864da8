package org.espalier.prune.coupling;

import java.util.List;
import java.util.Map;

/**
 * Group normalisation. Either whole groups go, which leaves the others as they are, or as many
 * channels of each.
 */
final class GroupTies {
  private GroupTies() {}

  static Map<String, TieRule> rules() {
    return Map.of("GroupNormalization", GroupTies::normalization);
  }

  private static void normalization(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    call.same(x, y);
    for (int k = 1; k < 3; k++) {
      call.same(call.input(k), 0, y, 1);
    }
    int groups = (int) call.node().integer("num_groups", 1);
    int each = call.size(x, 1) / groups;
    var option = List.of(new Axis(x, 1));
    var whole = new Option(option, true, () -> call.map(x, 1, x, 1, k -> k / each * each));
    var slot = new Option(option, true, () -> call.map(x, 1, x, 1, k -> k % each));
    if (groups > 1 && each > 1) {
      call.choose(List.of(whole, slot));
    }
  }
}
