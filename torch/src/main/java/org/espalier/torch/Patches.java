package org.espalier.torch;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.Node;

/** What each position of a convolution's output reads of its input. */
public final class Patches {
  private Patches() {}

  /**
   * The input of a convolution as the left factor of a product.
   *
   * @param node the convolution, for its attributes
   * @param x [n, channels, spatial...]
   * @param kernel the spatial sizes of its weight
   * @return [groups, n * positions, channels / groups * kernel]: columns in the order of a filter's
   *     weights, rows by example and then by position
   */
  public static Tensor of(Node node, Tensor x, long... kernel) {
    Window window =
        Window.of(new Call(node, List.of(x), Mode.EVAL), kernel, Convolutions.spatial(x));
    long groups = node.integer("group", 1);
    Tensor padded =
        Arrays.stream(window.padding()).allMatch(pad -> pad == 0)
            ? x.contiguous()
            : torch.constant_pad_nd(x, window.padding(), Call.scalar(0.0)).contiguous();
    int rank = window.rank();
    long[] shape = new long[2 + 2 * rank];
    long[] strides = new long[shape.length];
    for (int axis = 0; axis < 2; axis++) {
      shape[axis] = padded.size(axis);
      strides[axis] = padded.stride(axis);
    }
    for (int axis = 0; axis < rank; axis++) {
      long stride = padded.stride(2 + axis);
      shape[2 + axis] = (padded.size(2 + axis) - window.extent(axis)) / window.strides()[axis] + 1;
      strides[2 + axis] = stride * window.strides()[axis];
      shape[2 + rank + axis] = kernel[axis];
      strides[2 + rank + axis] = stride * window.dilations()[axis];
    }
    Tensor windows = padded.as_strided(shape, strides);
    long[] order = new long[shape.length];
    order[0] = 0;
    for (int axis = 0; axis < rank; axis++) {
      order[1 + axis] = 2L + axis;
      order[2 + rank + axis] = 2L + rank + axis;
    }
    order[1 + rank] = 1;
    Tensor rows =
        windows.permute(order).reshape(-1, groups, shape[1] / groups * kernelSize(kernel));
    return rows.permute(1, 0, 2);
  }

  private static long kernelSize(long[] kernel) {
    return Arrays.stream(kernel).reduce(1, (a, b) -> a * b);
  }
}
