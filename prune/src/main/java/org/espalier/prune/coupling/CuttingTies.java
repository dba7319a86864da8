package org.espalier.prune.coupling;

import static java.util.Map.entry;

import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;

/** What takes values apart along an axis, or puts them together. */
final class CuttingTies {
  private CuttingTies() {}

  static Map<String, TieRule> rules() {
    return Map.ofEntries(
        entry("Concat", CuttingTies::concat),
        entry("Split", CuttingTies::split),
        entry("Slice", CuttingTies::slice),
        entry("Pad", CuttingTies::pad));
  }

  /** All axes of both but one. */
  private static void others(TieCall call, String a, String b, int but) {
    for (int axis = 0; axis < call.rank(a); axis++) {
      if (axis != but) {
        call.same(a, axis, b, axis);
      }
    }
  }

  private static void concat(TieCall call) {
    String y = call.output(0);
    int joined = call.axis("axis", 0, call.rank(y));
    if (!call.dim(y, joined).isFixed()) {
      for (String x : call.inputs()) {
        others(call, x, y, joined);
        call.fix(x, joined, "joined to something of open size");
      }
      call.fix(y, joined, "joined from parts of open size");
      return;
    }
    int offset = 0;
    for (String x : call.inputs()) {
      others(call, x, y, joined);
      int from = offset;
      call.map(x, joined, y, joined, k -> from + k);
      offset += call.size(x, joined);
    }
  }

  private static void split(TieCall call) {
    String x = call.input(0);
    int cut = call.axis("axis", 0, call.rank(x));
    if (!call.dim(x, cut).isFixed()) {
      for (String y : call.outputs()) {
        others(call, x, y, cut);
        call.fix(y, cut, "cut from something of open size");
      }
      call.fix(x, cut, "of open size and cut");
      return;
    }
    int offset = 0;
    for (String y : call.node().outputs()) {
      if (y.isEmpty()) {
        throw new Refusal("a part of its input is dropped");
      }
      others(call, x, y, cut);
      int from = offset;
      call.map(y, cut, x, cut, k -> from + k);
      offset += call.size(y, cut);
    }
  }

  private static void slice(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    int rank = call.rank(x);
    int count = call.shapes().shape(call.input(1)).map(s -> (int) s.dim(0).sizeOr(-1)).orElse(-1);
    long[] axes = call.has(3) ? call.integers(3) : first(count);
    long[] steps = call.has(4) ? call.integers(4) : null;
    var starts = new Long[rank];
    var strides = new long[rank];
    var cut = new boolean[rank];
    long[] known = call.constant(1).map(t -> t.integers()).orElse(null);
    for (int k = 0; k < axes.length; k++) {
      int axis = call.normal(axes[k], rank);
      cut[axis] = true;
      starts[axis] = known == null ? null : Long.valueOf(known[k]);
      strides[axis] = steps == null ? 1 : steps[k];
    }
    for (int axis = 0; axis < rank; axis++) {
      Dim in = call.dim(x, axis);
      Dim out = call.dim(y, axis);
      if (!cut[axis] || (strides[axis] == 1 && in.equals(out) && in.isFixed())) {
        call.same(x, axis, y, axis);
      } else if (starts[axis] != null && in.isFixed() && out.isFixed()) {
        long size = in.sizeOr(0);
        long step = strides[axis];
        long start = starts[axis] < 0 ? starts[axis] + size : starts[axis];
        long from = Math.clamp(start, 0, step > 0 ? size : size - 1);
        call.map(y, axis, x, axis, k -> (int) (from + k * step));
      } else {
        call.fix(x, axis, "cut where its size is open");
        call.fix(y, axis, "cut where its size is open");
      }
    }
  }

  private static long[] first(int count) {
    if (count < 0) {
      throw new Refusal("the axes that it cuts aren't known");
    }
    var axes = new long[count];
    for (int k = 0; k < count; k++) {
      axes[k] = k;
    }
    return axes;
  }

  /** Padding with a constant adds entries that nothing before it has. */
  private static void pad(TieCall call) {
    String x = call.input(0);
    String y = call.output(0);
    int rank = call.rank(x);
    long[] pads = call.integers(1);
    long[] axes = call.has(3) ? call.integers(3) : first(rank);
    var before = new long[rank];
    var padded = new boolean[rank];
    for (int k = 0; k < axes.length; k++) {
      int axis = call.normal(axes[k], rank);
      before[axis] = pads[k];
      padded[axis] = pads[k] != 0 || pads[k + axes.length] != 0;
    }
    boolean constant = call.node().text("mode", "constant").equals("constant");
    for (int axis = 0; axis < rank; axis++) {
      if (!padded[axis]) {
        call.same(x, axis, y, axis);
      } else if (constant && call.dim(x, axis).isFixed() && isFloat(call, x)) {
        int shift = (int) before[axis];
        int size = call.size(y, axis);
        call.map(x, axis, y, axis, k -> k + shift < size ? k + shift : -1);
      } else {
        call.fix(x, axis, "padded");
        call.fix(y, axis, "padded");
      }
    }
  }

  private static boolean isFloat(TieCall call, String value) {
    return call.shapes().element(value).map(DataType::isFloat).orElse(false);
  }
}
