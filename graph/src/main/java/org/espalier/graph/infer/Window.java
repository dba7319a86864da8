package org.espalier.graph.infer;

import java.util.Arrays;
import java.util.Set;

/** Kernel sizes, strides, dilations and padding of a convolution or pooling. */
record Window(long[] kernel, long[] strides, long[] dilations, long[] pads, String autoPad) {
  private static final Set<String> AUTO_PADS =
      Set.of("", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER");

  /** The window of a node with spatial kernel sizes {@code kernel}. */
  static Window of(Call call, long[] kernel) {
    int rank = kernel.length;
    String autoPad = call.choice("auto_pad", "NOTSET", AUTO_PADS);
    var window =
        new Window(
            kernel,
            each(call, "strides", rank, 1),
            each(call, "dilations", rank, 1),
            each(call, "pads", 2 * rank, 0),
            autoPad.isEmpty() ? "NOTSET" : autoPad);
    for (int k = 0; k < rank; k++) {
      if (kernel[k] < 1 || window.strides[k] < 1 || window.dilations[k] < 1) {
        throw call.error(
            "kernel %d, stride %d and dilation %d on spatial axis %d, expected 1 or more"
                .formatted(kernel[k], window.strides[k], window.dilations[k], k));
      }
    }
    return window;
  }

  private static long[] each(Call call, String attribute, int count, long otherwise) {
    long[] given = call.node().integers(attribute).orElse(null);
    if (given == null || given.length == 0) {
      var all = new long[count];
      Arrays.fill(all, otherwise);
      return all;
    }
    if (given.length != count) {
      throw call.error(
          "attribute '%s' has %d numbers, expected %d".formatted(attribute, given.length, count));
    }
    return given;
  }

  int rank() {
    return kernel.length;
  }

  boolean isSame() {
    return autoPad.startsWith("SAME");
  }

  /** How far the kernel reaches along an axis. */
  long reach(int axis) {
    return Math.addExact(Math.multiplyExact(kernel[axis] - 1, dilations[axis]), 1);
  }

  long padding(int axis) {
    return autoPad.equals("NOTSET") ? Math.addExact(pads[axis], pads[axis + rank()]) : 0;
  }

  /** How often the window fits along an axis of this size. */
  Size positions(Size in, int axis) {
    Size stride = Size.of(strides[axis]);
    return isSame()
        ? in.ceilDiv(strides[axis])
        : in.plus(padding(axis) - reach(axis)).floorDiv(stride).plus(1);
  }

  /**
   * How often it fits when a window may reach over the end; one that would start in the padding
   * there doesn't count.
   */
  Size positionsRoundedUp(Size in, int axis) {
    if (!autoPad.equals("NOTSET")) {
      return positions(in, axis);
    }
    long stride = strides[axis];
    return Math.addExact(pads[axis + rank()], stride) <= reach(axis)
        ? in.plus(padding(axis) - reach(axis)).ceilDiv(stride).plus(1)
        : in.plus(pads[axis]).ceilDiv(stride);
  }
}
