package org.espalier.prune.coupling;

import static java.util.Map.entry;

import java.util.Map;

/** Normalisations: scales and shifts have the channels of what they scale. */
final class NormalizationTies {
  private NormalizationTies() {}

  static Map<String, TieRule> rules() {
    return Map.ofEntries(
        entry("BatchNormalization", NormalizationTies::batch),
        entry("LayerNormalization", NormalizationTies::layer),
        entry("RMSNormalization", NormalizationTies::layer),
        entry("Softmax", NormalizationTies::softmax),
        entry("LogSoftmax", NormalizationTies::softmax));
  }

  private static void batch(TieCall call) {
    String y = call.output(0);
    call.same(call.input(0), y);
    for (int k = 1; k < 5; k++) {
      call.same(call.input(k), 0, y, 1);
    }
    for (String statistic : call.outputs().subList(1, call.outputs().size())) {
      call.same(statistic, 0, y, 1);
    }
  }

  /** Normalised axes may be pruned: what is left is normalised then. */
  private static void layer(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    call.same(x, y);
    for (String each : call.inputs().subList(1, call.inputs().size())) {
      call.broadcast(each, y);
    }
    int first = call.axis("axis", -1, call.rank(x));
    for (String statistic : call.outputs().subList(1, call.outputs().size())) {
      for (int axis = 0; axis < first; axis++) {
        call.same(x, axis, statistic, axis);
      }
    }
  }

  private static void softmax(TieCall call) {
    String x = call.input(0);
    call.same(x, call.output(0));
    call.fix(x, call.axis("axis", -1, call.rank(x)), "a softmax runs over it");
  }
}
