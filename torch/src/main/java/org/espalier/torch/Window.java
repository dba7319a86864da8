package org.espalier.torch;

import java.util.Arrays;

/**
 * Where the window of a convolution or pooling stands: a value for each spatial axis.
 *
 * @param before padding before the first element
 * @param after padding after the last
 * @param extra positions that a transposed convolution adds after the last one
 */
record Window(
    long[] kernel, long[] strides, long[] dilations, long[] before, long[] after, long[] extra) {

  int rank() {
    return kernel.length;
  }

  /** The window of a convolution or pooling over an input of these spatial sizes. */
  static Window of(Call call, long[] kernel, long[] sizes) {
    Window window = explicit(call, kernel, sizes.length);
    String auto = call.node().text("auto_pad", "NOTSET");
    if (auto.startsWith("SAME")) {
      for (int axis = 0; axis < sizes.length; axis++) {
        long out = Math.ceilDiv(sizes[axis], window.strides[axis]);
        long total =
            Math.max(0, (out - 1) * window.strides[axis] + window.extent(axis) - sizes[axis]);
        window.share(axis, total, auto.equals("SAME_LOWER"));
      }
    }
    return window;
  }

  /** The window of a transposed convolution, whose padding is cut from the output. */
  static Window ofTranspose(Call call, long[] kernel, long[] sizes) {
    Window window = explicit(call, kernel, sizes.length);
    String auto = call.node().text("auto_pad", "NOTSET");
    long[] shape = call.node().integers("output_shape").orElse(null);
    if (shape == null && !auto.startsWith("SAME")) {
      return window;
    }
    for (int axis = 0; axis < sizes.length; axis++) {
      long stride = window.strides[axis];
      long out = shape == null ? sizes[axis] * stride : shape[shape.length - sizes.length + axis];
      long full = stride * (sizes[axis] - 1) + window.extra[axis] + window.extent(axis);
      long total = full - out;
      if (total < 0) {
        window.extra[axis] -= total;
        total = 0;
      }
      window.share(axis, total, !auto.equals("SAME_UPPER"));
    }
    return window;
  }

  private static Window explicit(Call call, long[] kernel, int rank) {
    long[] strides = sized(call, "strides", rank, 1);
    long[] dilations = sized(call, "dilations", rank, 1);
    boolean explicit = call.node().text("auto_pad", "NOTSET").equals("NOTSET");
    long[] pads = explicit ? sized(call, "pads", 2 * rank, 0) : new long[2 * rank];
    long[] extra = sized(call, "output_padding", rank, 0);
    if (kernel.length != rank) {
      throw call.invalid("kernel %s for %d spatial axes".formatted(Arrays.toString(kernel), rank));
    }
    return new Window(
        kernel,
        strides,
        dilations,
        Arrays.copyOf(pads, rank),
        Arrays.copyOfRange(pads, rank, 2 * rank),
        extra);
  }

  private static long[] sized(Call call, String attribute, int length, long otherwise) {
    long[] values = call.node().integers(attribute).orElse(null);
    if (values == null || values.length == 0) {
      values = new long[length];
      Arrays.fill(values, otherwise);
    }
    if (values.length != length) {
      throw call.invalid(
          "attribute '%s' has %d values, expected %d".formatted(attribute, values.length, length));
    }
    return values.clone();
  }

  /** How far the dilated kernel reaches along an axis. */
  long extent(int axis) {
    return (kernel[axis] - 1) * dilations[axis] + 1;
  }

  private void share(int axis, long total, boolean moreBefore) {
    before[axis] = moreBefore ? Math.ceilDiv(total, 2) : Math.floorDiv(total, 2);
    after[axis] = total - before[axis];
  }

  boolean isSymmetric() {
    return Arrays.equals(before, after) && Arrays.stream(before).allMatch(pad -> pad >= 0);
  }

  /** The padding as libtorch takes it: before and after, the last axis first. */
  long[] padding() {
    long[] padding = new long[2 * rank()];
    for (int axis = 0; axis < rank(); axis++) {
      int last = 2 * (rank() - 1 - axis);
      padding[last] = before[axis];
      padding[last + 1] = after[axis];
    }
    return padding;
  }
}
