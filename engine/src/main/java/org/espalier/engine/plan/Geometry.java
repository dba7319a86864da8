package org.espalier.engine.plan;

import org.espalier.graph.Node;

/** How a window moves over its input. Sizes are of the input and the output, without padding. */
record Geometry(
    int height,
    int width,
    int outHeight,
    int outWidth,
    int kernelHeight,
    int kernelWidth,
    int strideHeight,
    int strideWidth,
    int top,
    int left,
    int dilationHeight,
    int dilationWidth) {

  /** The geometry of a one- or two-dimensional convolution or pool from its input and output. */
  static Geometry of(Node node, long[] in, long[] out, long[] kernel) {
    int rank = kernel.length;
    long[] ones = {1, 1};
    long[] strides = node.integers("strides", ones);
    long[] dilations = node.integers("dilations", ones);
    long[] pads = node.integers("pads", new long[2 * rank]);
    String auto = node.text("auto_pad", "NOTSET");
    int[] begin = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      long window = (kernel[axis] - 1) * dilations[axis] + 1;
      long total = Math.max(0, (out[axis + 2] - 1) * strides[axis] + window - in[axis + 2]);
      begin[axis] =
          (int)
              switch (auto) {
                case "SAME_UPPER" -> total / 2;
                case "SAME_LOWER" -> total - total / 2;
                case "VALID" -> 0;
                default -> pads[axis];
              };
    }
    boolean flat = rank == 1;
    return new Geometry(
        flat ? 1 : (int) in[2],
        (int) in[rank + 1],
        flat ? 1 : (int) out[2],
        (int) out[rank + 1],
        flat ? 1 : (int) kernel[0],
        (int) kernel[rank - 1],
        flat ? 1 : (int) strides[0],
        (int) strides[rank - 1],
        flat ? 0 : begin[0],
        begin[rank - 1],
        flat ? 1 : (int) dilations[0],
        (int) dilations[rank - 1]);
  }

  /** Whether this is a 1x1 window that leaves every pixel where it was. */
  boolean isPlain() {
    return kernelHeight == 1
        && kernelWidth == 1
        && strideHeight == 1
        && strideWidth == 1
        && top == 0
        && left == 0
        && outHeight == height
        && outWidth == width;
  }

  /** A 1x1 window over an image, taken as one over a single row of all its pixels. */
  Geometry flattened() {
    assert isPlain() : this;
    int pixels = height * width;
    return new Geometry(1, pixels, 1, pixels, 1, 1, 1, 1, 0, 0, 1, 1);
  }
}
