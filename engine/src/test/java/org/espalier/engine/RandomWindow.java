package org.espalier.engine;

import java.util.Map;
import org.espalier.graph.Attribute;

/** Where windows of a convolution or a pool lie. */
record RandomWindow(int[] kernel, int[] strides, int[] dilations, int[] pads, boolean ceil) {
  static RandomWindow of(int kernel, int stride, int pad) {
    return new RandomWindow(
        new int[] {kernel, kernel},
        new int[] {stride, stride},
        new int[] {1, 1},
        new int[] {pad, pad, pad, pad},
        false);
  }

  /** Whether so many channels of these sizes are few enough to be tried. */
  static boolean fits(long channels, long[] out) {
    return out[1] > 0 && out[2] > 0 && channels * out[1] * out[2] <= RandomGraph.LARGEST;
  }

  /** The output's sizes, channels as they were. */
  long[] out(long[] in) {
    long[] out = in.clone();
    for (int axis = 0; axis < 2; axis++) {
      long reach = dilations[axis] * (kernel[axis] - 1L) + 1;
      long free = in[axis + 1] + pads[axis] + pads[axis + 2] - reach;
      out[axis + 1] = free < 0 ? 0 : steps(free, strides[axis]) + 1;
    }
    return out;
  }

  private long steps(long free, long stride) {
    return ceil ? Math.ceilDiv(free, stride) : free / stride;
  }

  Map<String, Attribute> attributes() {
    return Map.of(
        "kernel_shape", Attribute.of(kernel[0], kernel[1]),
        "strides", Attribute.of(strides[0], strides[1]),
        "pads", Attribute.of(pads[0], pads[1], pads[2], pads[3]));
  }
}
