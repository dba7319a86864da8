package org.espalier.torch;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Convolution and its transpose, with one, two or three spatial axes. */
final class Convolutions {
  private Convolutions() {}

  static void register(Rules.Table table) {
    table.single("Conv", call -> conv(call, call.in(0), call.in(1), call.optional(2)));
    table.single("ConvTranspose", Convolutions::convTranspose);
  }

  static Tensor conv(Call call, Tensor x, Tensor weight, TensorOptional bias) {
    long groups = call.node().integer("group", 1);
    if (x.dim() < 3 || weight.dim() != x.dim()) {
      throw call.invalid(
          "input of rank %d and weight of rank %d, expected the same rank of 3 or more"
              .formatted(x.dim(), weight.dim()));
    }
    if (weight.size(1) * groups != x.size(1)) {
      throw call.invalid(
          "weight takes %d input channels, the input has %d"
              .formatted(weight.size(1) * groups, x.size(1)));
    }
    Window window = Window.of(call, spatial(weight), spatial(x));
    long[] padding = window.before();
    if (!window.isSymmetric()) {
      x = torch.constant_pad_nd(x, window.padding(), Call.scalar(0.0));
      padding = new long[window.rank()];
    }
    return torch.convolution(
        x,
        weight,
        bias,
        window.strides(),
        padding,
        window.dilations(),
        false,
        new long[window.rank()],
        groups);
  }

  /**
   * The transpose of a convolution. Where padding is the same on both sides libtorch does it all;
   * otherwise the whole of it is computed, cut or padded to size, and then the bias is added.
   */
  private static Tensor convTranspose(Call call) {
    Tensor x = call.in(0);
    Tensor weight = call.in(1);
    long groups = call.node().integer("group", 1);
    if (weight.dim() != x.dim() || weight.size(0) != x.size(1)) {
      throw call.invalid(
          "weight of shape %s for an input of shape %s"
              .formatted(
                  Arrays.toString(Libtorch.shape(weight)), Arrays.toString(Libtorch.shape(x))));
    }
    Window window = Window.ofTranspose(call, spatial(weight), spatial(x));
    int rank = window.rank();
    boolean plain = window.isSymmetric() && Arrays.stream(window.extra()).allMatch(e -> e == 0);
    Tensor y =
        torch.convolution(
            x,
            weight,
            plain ? call.optional(2) : new TensorOptional(),
            window.strides(),
            plain ? window.before() : new long[rank],
            window.dilations(),
            true,
            new long[rank],
            groups);
    if (plain) {
      return y;
    }
    long[] cut = window.padding();
    for (int axis = 0; axis < rank; axis++) {
      int last = 2 * (rank - 1 - axis);
      cut[last] = -cut[last];
      cut[last + 1] = window.extra()[axis] - cut[last + 1];
    }
    y = torch.constant_pad_nd(y, cut, Call.scalar(0.0));
    return call.has(2) ? y.add(perChannel(call.in(2), x.dim())) : y;
  }

  /** A vector over the channels, shaped to broadcast over [N, C, spatial...]. */
  static Tensor perChannel(Tensor vector, long rank) {
    long[] shape = new long[(int) rank];
    Arrays.fill(shape, 1);
    shape[1] = vector.numel();
    return vector.reshape(shape);
  }

  /** A vector over the output channels, shaped to broadcast over a weight [M, C, kernel...]. */
  static Tensor perOutput(Tensor vector, long rank) {
    long[] shape = new long[(int) rank];
    Arrays.fill(shape, 1);
    shape[0] = vector.numel();
    return vector.reshape(shape);
  }

  static long[] spatial(Tensor tensor) {
    long[] shape = Libtorch.shape(tensor);
    return Arrays.copyOfRange(shape, Math.min(2, shape.length), shape.length);
  }
}
