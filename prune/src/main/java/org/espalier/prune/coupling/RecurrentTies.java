package org.espalier.prune.coupling;

import java.util.Map;

/**
 * Recurrent layers. A hidden unit is a row of every gate, a column of the recurrence, and an entry
 * of every state; both directions have as many, so they lose the same ones.
 */
final class RecurrentTies {
  private RecurrentTies() {}

  static Map<String, TieRule> rules() {
    return Map.of(
        "LSTM", RecurrentTies::layer, "GRU", RecurrentTies::layer, "RNN", RecurrentTies::layer);
  }

  private static void layer(TieCall call) {
    boolean batchFirst = call.node().integer("layout", 0) == 1;
    String x = call.input(0);
    String w = call.input(1);
    String r = call.input(2);
    int batch = batchFirst ? 0 : 1;
    int hidden = call.size(r, 2);
    call.fix(x, 1 - batch, "a sequence");
    call.free(x, batch);
    call.same(x, 2, w, 2);
    call.reads(w, 2);
    call.reads(r, 2);
    for (String rows : new String[] {w, r}) {
      units(call, rows, 1, r, hidden);
    }
    if (call.has(3)) {
      units(call, call.input(3), 1, r, hidden);
    }
    if (call.has(4)) {
      call.same(call.input(4), 0, x, batch);
    }
    for (int state = 5; state < 7; state++) {
      if (call.has(state)) {
        state(call, call.input(state), batchFirst, x, r);
      }
    }
    if (call.has(7)) {
      units(call, call.input(7), 1, r, hidden);
    }
    outputs(call, batchFirst, x, r);
  }

  /** Gates one after the other, each with all hidden units. */
  private static void units(TieCall call, String weight, int axis, String r, int hidden) {
    call.fix(weight, 0, "directions");
    call.map(weight, axis, r, 2, row -> row % hidden);
    call.makes(weight, axis);
  }

  private static void outputs(TieCall call, boolean batchFirst, String x, String r) {
    call.node()
        .output(0)
        .ifPresent(
            y -> {
              call.fix(y, batchFirst ? 1 : 0, "a sequence");
              call.same(y, batchFirst ? 0 : 2, x, batchFirst ? 0 : 1);
              call.fix(y, batchFirst ? 2 : 1, "directions");
              call.same(y, 3, r, 2);
            });
    for (int k = 1; k < 3; k++) {
      call.node().output(k).ifPresent(state -> state(call, state, batchFirst, x, r));
    }
  }

  private static void state(TieCall call, String state, boolean batchFirst, String x, String r) {
    call.fix(state, batchFirst ? 1 : 0, "directions");
    call.same(state, batchFirst ? 0 : 1, x, batchFirst ? 0 : 1);
    call.same(state, 2, r, 2);
  }
}
