package org.espalier.prune.coupling;

import java.util.Map;

/** What samples an image anew: batch and channels pass through, positions stay. */
final class SamplingTies {
  private static final String REASON = "positions in space";

  private SamplingTies() {}

  static Map<String, TieRule> rules() {
    return Map.of(
        "Resize", SamplingTies::resize,
        "GridSample", SamplingTies::grid,
        "RoiAlign", SamplingTies::regions,
        "MaxRoiPool", SamplingTies::regions,
        "DeformConv", SamplingTies::deformable);
  }

  /** An axis that keeps its size is passed through: no mode mixes its entries then. */
  private static void resize(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    for (int axis = 0; axis < call.rank(x); axis++) {
      if (axis < 2 && call.dim(x, axis).equals(call.dim(y, axis))) {
        call.same(x, axis, y, axis);
      } else {
        call.fix(x, axis, REASON);
        call.fix(y, axis, REASON);
      }
    }
    for (int k = 1; k < 4; k++) {
      if (call.has(k)) {
        call.free(call.input(k), 0);
      }
    }
  }

  private static void grid(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    call.same(x, 0, y, 0);
    call.same(x, 1, y, 1);
    positions(call, x);
    positions(call, y);
    call.same(call.input(1), 0, x, 0);
  }

  private static void regions(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    call.fix(x, 0, "regions name the image");
    call.same(x, 1, y, 1);
    positions(call, x);
    positions(call, y);
    call.same(call.input(1), 0, y, 0);
  }

  /** Offsets hold for groups of channels; with one group, filters are a convolution's. */
  private static void deformable(TieCall call) {
    if (call.node().integer("group", 1) != 1 || call.node().integer("offset_group", 1) != 1) {
      throw new Refusal("groups of a deformable convolution");
    }
    String x = call.input(0);
    String w = call.input(1);
    String y = call.output(0);
    call.same(x, 0, y, 0);
    call.same(x, 1, w, 1);
    call.reads(w, 1);
    call.same(w, 0, y, 1);
    call.makes(w, 0);
    positions(call, x);
    positions(call, w);
    positions(call, y);
    call.same(call.input(2), 0, x, 0);
    if (call.has(3)) {
      call.same(call.input(3), 0, y, 1);
      call.makes(call.input(3), 0);
    }
    if (call.has(4)) {
      call.same(call.input(4), 0, x, 0);
    }
  }

  private static void positions(TieCall call, String value) {
    for (int axis = 2; axis < call.rank(value); axis++) {
      call.fix(value, axis, REASON);
    }
  }
}
