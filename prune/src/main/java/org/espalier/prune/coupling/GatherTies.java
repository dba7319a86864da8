package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
    if (call.isInitializer(index) && call.dim(x, axis).isFixed()) {
      picked(call, x, axis, index, y);
      return;
    }
    for (int k = 0; k < width; k++) {
      call.same(index, k, y, axis + k);
    }
    call.fix(x, axis, "entries are picked from it in each run");
  }

  /** The picked entries are laid out along one axis of the indices or, as if strided, several. */
  private static void picked(TieCall call, String x, int axis, String index, String y) {
    Tensor picked = call.constant(1).orElseThrow();
    int size = call.size(x, axis);
    if (call.rank(index) == 0) {
      call.free(x, axis);
      call.fix(x, axis, at(picked, 0, size), "picked out");
      return;
    }
    if (call.rank(index) == 1) {
      call.free(index, 0);
      call.map(y, axis, x, axis, k -> at(picked, k, size));
      return;
    }
    call.free(x, axis);
    var options = new ArrayList<Option>();
    for (int k = 0; k < call.rank(index); k++) {
      call.free(index, k);
      call.free(y, axis + k);
      int along = k;
      int[] coordinates = coordinates(picked, k, size);
      if (coordinates.length > 0 && !call.isOne(index, k)) {
        options.add(
            new Option(
                List.of(new Axis(x, axis), new Axis(y, axis + k)),
                true,
                () -> along(call, x, axis, y, axis + along, coordinates)));
      }
    }
    if (options.isEmpty()) {
      call.fix(x, axis, "entries are picked from it in no order");
      for (int k = 0; k < call.rank(index); k++) {
        call.fix(y, axis + k, "entries are picked for it in no order");
      }
    } else {
      call.choose(options);
    }
  }

  /** The index along axis {@code k} at which each entry is picked, -1 for one that isn't. */
  private static int[] coordinates(Tensor picked, int k, int size) {
    int inner = 1;
    for (int axis = k + 1; axis < picked.rank(); axis++) {
      inner *= (int) picked.dim(axis);
    }
    int extent = (int) picked.dim(k);
    int[] coordinates = new int[size];
    Arrays.fill(coordinates, -1);
    for (int place = 0; place < picked.size(); place++) {
      int entry = at(picked, place, size);
      int coordinate = place / inner % extent;
      if (coordinates[entry] >= 0 && coordinates[entry] != coordinate) {
        return new int[0]; // picked for several
      }
      coordinates[entry] = coordinate;
    }
    return coordinates;
  }

  private static void along(
      TieCall call, String x, int from, String y, int to, int... coordinates) {
    call.map(x, from, y, to, entry -> coordinates[entry]);
    for (int axis = 0; axis < call.rank(y); axis++) {
      boolean other = axis != to && axis >= from && axis < from + call.rank(call.input(1));
      if (other) {
        call.fix(y, axis, "picked entries are laid out along it, and another axis is pruned");
      }
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
