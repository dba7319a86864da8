package org.espalier.prune.coupling;

import java.util.Map;

/**
 * Entries picked or written where a run says. The axes that positions are along stay; the others
 * pass through.
 */
final class ScatterTies {
  private static final String REASON = "a run says which entries of it are meant";

  private ScatterTies() {}

  static Map<String, TieRule> rules() {
    return Map.of(
        "GatherElements", ScatterTies::gatherElements,
        "GatherND", ScatterTies::gatherNd,
        "ScatterElements", ScatterTies::scatterElements,
        "ScatterND", ScatterTies::scatterNd,
        "OneHot", ScatterTies::oneHot,
        "ReverseSequence", ScatterTies::reversed);
  }

  private static void gatherElements(TieCall call) {
    String x = call.input(0);
    String indices = call.input(1);
    int axis = call.axis("axis", 0, call.rank(x));
    call.same(indices, call.output(0));
    call.fix(x, axis, REASON);
    call.fix(indices, axis, REASON);
    for (int k = 0; k < call.rank(x); k++) {
      if (k != axis) {
        call.same(x, k, indices, k);
      }
    }
  }

  private static void scatterElements(TieCall call) {
    String x = call.input(0);
    int axis = call.axis("axis", 0, call.rank(x));
    call.same(x, call.output(0));
    call.fix(x, axis, REASON);
    for (int k = 0; k < call.rank(x); k++) {
      for (int input = 1; input < 3; input++) {
        if (k == axis) {
          call.fix(call.input(input), k, REASON);
        } else {
          call.same(x, k, call.input(input), k);
        }
      }
    }
  }

  /** Indices [B..., I..., D] pick from [B..., D axes, rest...] and give [B..., I..., rest...]. */
  private static void gatherNd(TieCall call) {
    String x = call.input(0);
    String indices = call.input(1);
    String y = call.output(0);
    int batch = (int) call.node().integer("batch_dims", 0);
    int width = call.rank(indices) - 1;
    int depth = call.size(indices, width);
    call.fix(indices, width, REASON);
    for (int k = 0; k < width; k++) {
      call.same(indices, k, y, k);
    }
    for (int k = 0; k < call.rank(x); k++) {
      if (k < batch) {
        call.same(x, k, y, k);
      } else if (k < batch + depth) {
        call.fix(x, k, REASON);
      } else {
        call.same(x, k, y, width + k - batch - depth);
      }
    }
  }

  /** Indices [I..., D] say where updates [I..., rest...] go in [D axes, rest...]. */
  private static void scatterNd(TieCall call) {
    String x = call.input(0);
    String indices = call.input(1);
    String updates = call.input(2);
    int width = call.rank(indices) - 1;
    int depth = call.size(indices, width);
    call.same(x, call.output(0));
    call.fix(indices, width, REASON);
    for (int k = 0; k < width; k++) {
      call.fix(indices, k, "each entry writes to somewhere");
      call.fix(updates, k, "each entry writes to somewhere");
    }
    for (int k = 0; k < call.rank(x); k++) {
      if (k < depth) {
        call.fix(x, k, REASON);
      } else {
        call.same(x, k, updates, width + k - depth);
      }
    }
  }

  private static void oneHot(TieCall call) {
    String indices = call.input(0);
    String y = call.output(0);
    int axis = call.axis("axis", -1, call.rank(y));
    call.fix(y, axis, "its entries are classes");
    for (int k = 0; k < call.rank(indices); k++) {
      call.same(indices, k, y, k < axis ? k : k + 1);
    }
  }

  private static void reversed(TieCall call) {
    String x = call.input(0);
    int time = (int) call.node().integer("time_axis", 0);
    call.same(x, call.output(0));
    call.fix(x, time, "a sequence");
    call.same(call.input(1), 0, x, (int) call.node().integer("batch_axis", 1));
  }
}
