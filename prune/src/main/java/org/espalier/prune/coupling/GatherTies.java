package org.espalier.prune.coupling;

import java.util.Map;
import org.espalier.graph.Tensor;

/** Gather: entries picked by constant numbers, or rows of an embedding by those of a run. */
final class GatherTies {
  private GatherTies() {}

  static Map<String, TieRule> rules() {
    return Map.of("Gather", GatherTies::gather);
  }

  private static void gather(TieCall call) {
    String x = call.input(0);
    String index = call.input(1);
    String y = call.output(0);
    int axis = call.axis("axis", 0, call.rank(x));
    int width = call.rank(index);
    for (int k = 0; k < call.rank(x); k++) {
      if (k != axis) {
        call.same(x, k, y, k < axis ? k : k + width - 1);
      }
    }
    for (int k = 0; k < width; k++) {
      call.same(index, k, y, axis + k);
    }
    if (!call.isInitializer(index) || width > 1 || !call.dim(x, axis).isFixed()) {
      call.fix(x, axis, "entries are picked from it in each run");
      return;
    }
    Tensor picked = call.constant(1).orElseThrow();
    int size = call.size(x, axis);
    if (width == 0) {
      call.free(x, axis);
      call.fix(x, axis, at(picked, 0, size), "picked out");
    } else {
      call.map(y, axis, x, axis, k -> at(picked, k, size));
    }
  }

  private static int at(Tensor indices, int k, int size) {
    long index = indices.integerAt(k);
    long from0 = index < 0 ? index + size : index;
    if (from0 < 0 || from0 >= size) {
      throw new Refusal("index %d of an axis of size %d".formatted(index, size));
    }
    return (int) from0;
  }
}
