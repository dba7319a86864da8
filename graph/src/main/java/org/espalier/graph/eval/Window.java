package org.espalier.graph.eval;

import java.util.Arrays;
import org.espalier.graph.Tensor;

/**
 * A window that slides over the spatial axes of a tensor [N, C, spatial...].
 *
 * @param size the spatial sizes
 * @param kernel taps on each axis
 * @param before padding in front
 * @param after padding behind, as asked for
 * @param out how many places the window takes
 */
record Window(
    long[] size,
    long[] kernel,
    long[] strides,
    long[] dilations,
    long[] before,
    long[] after,
    long[] out) {

  static Window of(Call call, Tensor x, long[] kernel) {
    int axes = kernel.length;
    if (axes == 0 || x.rank() != axes + 2) {
      throw call.invalid("a kernel of %d axes for %s".formatted(axes, x));
    }
    long[] size = Arrays.copyOfRange(x.dims(), 2, x.rank());
    long[] strides = perAxis(call, "strides", axes);
    long[] dilations = perAxis(call, "dilations", axes);
    long[] pads = call.node().integers("pads", new long[2 * axes]);
    String auto = call.node().text("auto_pad", "NOTSET");
    if (pads.length != 2 * axes) {
      throw call.invalid("%d pads for %d axes".formatted(pads.length, axes));
    }
    if (auto.equals("VALID")) {
      pads = new long[2 * axes];
    }
    boolean ceil = call.node().integer("ceil_mode", 0) != 0;
    long[] before = Arrays.copyOf(pads, axes);
    long[] after = Arrays.copyOfRange(pads, axes, 2 * axes);
    long[] out = new long[axes];
    for (int k = 0; k < axes; k++) {
      long span = (kernel[k] - 1) * dilations[k] + 1;
      if (auto.startsWith("SAME")) {
        out[k] = Math.ceilDiv(size[k], strides[k]);
        long total = Math.max(0, (out[k] - 1) * strides[k] + span - size[k]);
        before[k] = auto.equals("SAME_LOWER") ? total - total / 2 : total / 2;
        after[k] = total - before[k];
      } else {
        long free = size[k] + before[k] + after[k] - span;
        out[k] = 1 + (ceil ? Math.ceilDiv(free, strides[k]) : Math.floorDiv(free, strides[k]));
        // A last place that would begin in the padding behind is not taken.
        if (ceil && (out[k] - 1) * strides[k] >= size[k] + before[k]) {
          out[k]--;
        }
      }
      if (out[k] < 0) {
        throw call.invalid("a window of %d on an axis of %d".formatted(span, size[k]));
      }
    }
    return new Window(size, kernel, strides, dilations, before, after, out);
  }

  static long[] perAxis(Call call, String key, int axes) {
    long[] ones = new long[axes];
    Arrays.fill(ones, 1);
    long[] values = call.node().integers(key, ones);
    if (values.length != axes || Arrays.stream(values).anyMatch(value -> value < 1)) {
      throw call.invalid("%s %s for %d axes".formatted(key, Arrays.toString(values), axes));
    }
    return values;
  }

  /** Where tap {@code tap} of the window's place {@code place} lies on an axis. */
  long at(int axis, long place, long tap) {
    return place * strides[axis] - before[axis] + tap * dilations[axis];
  }

  /** The coordinates of a flat index, the last one fastest. */
  static void unravel(long index, long[] dims, long[] coordinates) {
    long rest = index;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      coordinates[axis] = rest % dims[axis];
      rest /= dims[axis];
    }
  }

  /**
   * The position in the plane of a tap, or -1 beside it.
   *
   * @param inPadding set to whether the tap lies in the plane or the padding that was asked for
   */
  long position(long[] place, long[] tap, boolean[] inPadding) {
    long position = 0;
    boolean inside = true;
    inPadding[0] = true;
    for (int axis = 0; axis < size.length; axis++) {
      long at = at(axis, place[axis], tap[axis]);
      inside &= at >= 0 && at < size[axis];
      inPadding[0] &= at < size[axis] + after[axis];
      position = position * size[axis] + at;
    }
    return inside ? position : -1;
  }
}
