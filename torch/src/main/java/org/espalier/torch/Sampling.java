package org.espalier.torch;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Images sampled at places that a grid names, and the parts of an image cut or padded to size. */
final class Sampling {
  private Sampling() {}

  static void register(Rules.Table table) {
    table.single("GridSample", Sampling::gridSample);
    table.single("AffineGrid", Sampling::affineGrid);
    table.single("CenterCropPad", Sampling::centerCropPad);
    table.single("Det", call -> torch.linalg_det(call.in(0)));
  }

  private static Tensor gridSample(Call call) {
    String mode = call.node().text("mode", "linear");
    String padding = call.node().text("padding_mode", "zeros");
    long interpolation =
        switch (mode) {
          case "linear", "bilinear" -> 0;
          case "nearest" -> 1;
          case "cubic", "bicubic" -> 2;
          default -> throw call.invalid("mode '" + mode + "'");
        };
    long beyond =
        switch (padding) {
          case "zeros" -> 0;
          case "border" -> 1;
          case "reflection" -> 2;
          default -> throw call.invalid("padding_mode '" + padding + "'");
        };
    return torch.grid_sampler(
        call.in(0), call.in(1), interpolation, beyond, call.flag("align_corners", false));
  }

  private static Tensor affineGrid(Call call) {
    return torch.affine_grid_generator(
        call.in(0), call.longs(1), call.flag("align_corners", false));
  }

  private static Tensor centerCropPad(Call call) {
    Tensor x = call.in(0);
    long[] all = new long[(int) x.dim()];
    Arrays.setAll(all, axis -> axis);
    long[] axes = call.node().integers("axes", all);
    long[] sizes = call.longs(1);
    for (int k = 0; k < axes.length; k++) {
      int axis = call.axis(axes[k], x.dim());
      long size = x.size(axis);
      if (sizes[k] <= size) {
        x = x.narrow(axis, (size - sizes[k]) / 2, sizes[k]);
      } else {
        long[] padding = new long[2 * (int) x.dim()];
        int at = 2 * ((int) x.dim() - 1 - axis);
        padding[at] = (sizes[k] - size) / 2;
        padding[at + 1] = sizes[k] - size - padding[at];
        x = torch.constant_pad_nd(x, padding, Call.scalar(0L));
      }
    }
    return x;
  }
}
