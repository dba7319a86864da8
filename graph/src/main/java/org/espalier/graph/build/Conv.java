package org.espalier.graph.build;

import org.espalier.graph.InvalidInputException;

/**
 * The form of a square convolution: {@code kernel(3).stride(2)}.
 *
 * @param pad zeros added on each side; half the kernel unless said otherwise, so that stride 1
 *     keeps the size
 */
public record Conv(
    int kernel, int stride, int pad, int dilation, int groups, boolean bias, Init init) {
  public Conv {
    if (kernel < 1 || stride < 1 || pad < 0 || dilation < 1 || groups < 1) {
      throw new InvalidInputException(
          "a convolution with kernel %d, stride %d, pad %d, dilation %d, %d groups"
              .formatted(kernel, stride, pad, dilation, groups));
    }
  }

  /** Stride 1, half padding, one group, no bias, weights for a ReLU. */
  public static Conv kernel(int size) {
    return new Conv(size, 1, size / 2, 1, 1, false, Init.kaimingNormal());
  }

  public Conv stride(int stride) {
    return new Conv(kernel, stride, pad, dilation, groups, bias, init);
  }

  public Conv pad(int pad) {
    return new Conv(kernel, stride, pad, dilation, groups, bias, init);
  }

  /** With padding that keeps the size at stride 1. */
  public Conv dilation(int dilation) {
    return new Conv(kernel, stride, dilation * (kernel / 2), dilation, groups, bias, init);
  }

  public Conv groups(int groups) {
    return new Conv(kernel, stride, pad, dilation, groups, bias, init);
  }

  /** With a bias, which starts at zero. */
  public Conv biased() {
    return new Conv(kernel, stride, pad, dilation, groups, true, init);
  }

  public Conv init(Init init) {
    return new Conv(kernel, stride, pad, dilation, groups, bias, init);
  }
}
