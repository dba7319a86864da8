package org.espalier.graph.infer;

import java.util.Map;

/**
 * RNN, GRU and LSTM: input [S, B, I], weights [directions, gates * H, I], recurrence [directions,
 * gates * H, H]. With layout 1 the batch comes first everywhere.
 */
final class Recurrent {
  private Recurrent() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("RNN", call -> recur(call, 1));
    rules.put("GRU", call -> recur(call, 3));
    rules.put("LSTM", call -> recur(call, 4));
  }

  private static void recur(Call call, long gates) {
    for (int k = 0; k < 3; k++) {
      call.element(k, call.element(0));
    }
    Dims x = call.dims(0, 3);
    Dims w = call.dims(1, 3);
    Dims r = call.dims(2, 3);
    if (Dims.differ(w.at(2), x.at(2))) {
      throw call.error(
          "weight %s takes %s features, input %s has %s"
              .formatted(call.name(1), w.at(2), call.name(0), x.at(2)));
    }
    Size hidden =
        call.node().has("hidden_size") ? Size.of(call.node().integer("hidden_size", 0)) : r.at(2);
    if (Dims.differ(r.at(2), hidden) || Dims.differ(w.at(1), hidden.times(gates))) {
      throw call.error(
          "hidden size %s, weights %s and %s have shapes %s and %s"
              .formatted(hidden, call.name(1), call.name(2), w, r));
    }
    Size directions =
        Size.of(call.node().text("direction", "forward").equals("bidirectional") ? 2 : 1);
    if (Dims.differ(w.at(0), directions)) {
      throw call.error(
          "weight %s has shape %s for %s directions".formatted(call.name(1), w, directions));
    }
    boolean batchFirst = call.node().integer("layout", 0) != 0;
    Size steps = x.at(batchFirst ? 1 : 0);
    Size batch = x.at(batchFirst ? 0 : 1);
    call.dims(
        0,
        batchFirst
            ? Dims.of(batch, steps, directions, hidden)
            : Dims.of(steps, directions, batch, hidden));
    Dims state =
        batchFirst ? Dims.of(batch, directions, hidden) : Dims.of(directions, batch, hidden);
    call.dims(1, state);
    call.dims(2, state);
  }
}
