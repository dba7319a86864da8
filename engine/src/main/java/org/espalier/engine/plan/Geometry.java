package org.espalier.engine.plan;

import java.util.Arrays;
import java.util.TreeSet;
import org.espalier.graph.Node;

/**
 * How a convolution's window moves over its input, and where that input lies once it is padded.
 *
 * <p>With the input padded and, for a stride, split into phases (rows and columns that are equal
 * modulo the stride), each tap of the window lies at a fixed distance from the output pixel, for
 * all pixels: pixel (row, column) is number {@code row * pitch + column} in a grid as wide as the
 * padded input. The grid's columns past the output's width are computed and thrown away; that costs
 * less than moving pixels about.
 */
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

  /** Whether the input can be used as it lies: no padding, no phases. */
  boolean isPlain() {
    return strideHeight == 1
        && strideWidth == 1
        && top == 0
        && left == 0
        && rows() <= height
        && pitch() == width;
  }

  /** A 1x1 window over an image, taken as one over a single row of all its pixels. */
  Geometry flattened() {
    assert isPlain() && kernelHeight == 1 && kernelWidth == 1 : this;
    int pixels = height * width;
    return new Geometry(1, pixels, 1, pixels, 1, 1, 1, 1, 0, 0, 1, 1);
  }

  /** Rows of a phase. */
  int rows() {
    return outHeight + (kernelHeight - 1) * dilationHeight / strideHeight;
  }

  /** Columns of a phase: the width of the grid in which pixels are numbered. */
  int pitch() {
    return outWidth + (kernelWidth - 1) * dilationWidth / strideWidth;
  }

  /** The phases of rows in which some tap lies. */
  int[] rowPhases() {
    return phases(kernelHeight, dilationHeight, strideHeight);
  }

  int[] columnPhases() {
    return phases(kernelWidth, dilationWidth, strideWidth);
  }

  private static int[] phases(int kernel, int dilation, int stride) {
    var phases = new TreeSet<Integer>();
    for (int k = 0; k < kernel; k++) {
      phases.add(k * dilation % stride);
    }
    return phases.stream().mapToInt(Integer::intValue).toArray();
  }

  /** How many phases there are of a channel. */
  int phaseCount() {
    return rowPhases().length * columnPhases().length;
  }

  /** Bytes from a pixel in phase 0 of a channel to the input of tap (row, column). */
  long tap(int row, int column, long phaseBytes) {
    int r = row * dilationHeight;
    int c = column * dilationWidth;
    int phase =
        index(rowPhases(), r % strideHeight) * columnPhases().length
            + index(columnPhases(), c % strideWidth);
    return phase * phaseBytes + 4L * (r / strideHeight * pitch() + c / strideWidth);
  }

  private static int index(int[] sorted, int value) {
    return Arrays.binarySearch(sorted, value);
  }

  /** How many output pixels of the grid there are up to the last one that counts. */
  int gridPixels() {
    return (outHeight - 1) * pitch() + outWidth;
  }
}
