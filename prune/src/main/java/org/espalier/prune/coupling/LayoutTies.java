package org.espalier.prune.coupling;

import static java.util.Map.entry;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What puts axes in another order, adds or takes away ones of size 1, or repeats entries. */
final class LayoutTies {
  private LayoutTies() {}

  static Map<String, TieRule> rules() {
    return Map.ofEntries(
        entry("Transpose", LayoutTies::transpose),
        entry("Squeeze", LayoutTies::squeeze),
        entry("Unsqueeze", LayoutTies::unsqueeze),
        entry("Expand", LayoutTies::expand),
        entry("Tile", LayoutTies::tile),
        entry("DepthToSpace", LayoutTies::depthToSpace),
        entry("SpaceToDepth", LayoutTies::spaceToDepth),
        entry("Shape", LayoutTies::shape),
        entry("Size", LayoutTies::shape),
        entry("ConstantOfShape", LayoutTies::filled));
  }

  private static void transpose(TieCall call) {
    String x = call.input(0);
    int rank = call.rank(x);
    long[] order = call.node().integers("perm").orElseGet(() -> reversed(rank));
    for (int axis = 0; axis < rank; axis++) {
      call.same(x, call.normal(order[axis], rank), call.output(0), axis);
    }
  }

  static long[] reversed(int rank) {
    var order = new long[rank];
    Arrays.setAll(order, k -> rank - 1 - k);
    return order;
  }

  private static void squeeze(TieCall call) {
    String x = call.input(0);
    int rank = call.rank(x);
    Set<Integer> gone =
        call.has(1)
            ? axes(call, rank)
            : IntStream.range(0, rank)
                .filter(axis -> call.isOne(x, axis))
                .boxed()
                .collect(Collectors.toSet());
    withOnes(call, x, call.output(0), gone);
  }

  private static void unsqueeze(TieCall call) {
    String y = call.output(0);
    withOnes(call, y, call.input(0), axes(call, call.rank(y)));
  }

  private static Set<Integer> axes(TieCall call, int rank) {
    return Arrays.stream(call.integers(1))
        .mapToObj(axis -> call.normal(axis, rank))
        .collect(Collectors.toSet());
  }

  /** Ties the axes of a value with those of the same without some axes of size 1. */
  private static void withOnes(TieCall call, String more, String fewer, Set<Integer> ones) {
    int next = 0;
    for (int axis = 0; axis < call.rank(more); axis++) {
      if (!ones.contains(axis)) {
        call.same(more, axis, fewer, next++);
      }
    }
  }

  private static void expand(TieCall call) {
    String y = call.output(0);
    call.broadcast(call.input(0), y);
    for (int axis = 0; axis < call.rank(y); axis++) {
      call.free(y, axis);
    }
  }

  private static void tile(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    for (int axis = 0; axis < call.rank(x); axis++) {
      if (call.dim(x, axis).isFixed() && call.dim(y, axis).isFixed()) {
        int size = call.size(x, axis);
        if (size == 1) {
          call.free(y, axis);
        } else {
          call.map(y, axis, x, axis, k -> k % size);
        }
      } else {
        call.fix(x, axis, "repeated where its size is open");
        call.fix(y, axis, "repeated where its size is open");
      }
    }
  }

  private static void depthToSpace(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    int block = (int) call.node().integer("blocksize", 1);
    int channels = call.size(y, 1);
    boolean columnFirst = call.node().text("mode", "DCR").equals("CRD");
    call.same(x, 0, y, 0);
    call.map(x, 1, y, 1, k -> columnFirst ? k / (block * block) : k % channels);
    positions(call, x, y);
  }

  private static void spaceToDepth(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    int channels = call.size(x, 1);
    call.same(x, 0, y, 0);
    call.map(y, 1, x, 1, k -> k % channels);
    positions(call, x, y);
  }

  private static void positions(TieCall call, String x, String y) {
    for (int axis = 2; axis < 4; axis++) {
      call.fix(x, axis, "positions become channels");
      call.fix(y, axis, "positions become channels");
    }
  }

  /** A size that is a number is known when the model is written; one that isn't stays open. */
  private static void shape(TieCall call) {
    String x = call.input(0);
    for (int axis = 0; axis < call.rank(x); axis++) {
      call.free(x, axis);
    }
  }

  /** The shape is written anew when channels go; every entry is the same. */
  private static void filled(TieCall call) {
    String y = call.output(0);
    for (int axis = 0; axis < call.rank(y); axis++) {
      call.free(y, axis);
    }
  }
}
