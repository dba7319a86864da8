package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Resize, one axis after the other: a position of the output is a weighted sum of a few positions
 * of the input, and both weights and positions are known before any element is read. What ONNX
 * offers in modes thus only changes numbers ({@link Taps}), and the gradient follows.
 */
final class Resizing {
  private Resizing() {}

  static void register(Rules.Table table) {
    table.single("Resize", Resizing::resize);
  }

  private static Tensor resize(Call call) {
    Tensor x = call.in(0);
    ScalarType type = x.scalar_type().intern();
    int rank = (int) x.dim();
    long[] axes = new long[rank];
    Arrays.setAll(axes, axis -> axis);
    axes = call.node().integers("axes", axes);
    double[] scales = new double[axes.length];
    long[] sizes = new long[axes.length];
    boolean bySize = call.has(3) && call.in(3).numel() > 0;
    if (!bySize && !(call.has(2) && call.in(2).numel() > 0)) {
      throw call.invalid("neither sizes nor scales are given");
    }
    double[] given = doubles(bySize ? call.in(3) : call.in(2));
    for (int k = 0; k < axes.length; k++) {
      axes[k] = call.axis(axes[k], rank);
      long size = x.size(axes[k]);
      scales[k] = bySize ? given[k] / size : given[k];
      // In float, as runtimes do: 5 * 1.8f is 9 there, and a little less in double.
      sizes[k] = bySize ? (long) given[k] : (long) Math.floor(size * (float) given[k]);
    }
    if (bySize) {
      keepRatio(call, x, axes, scales, sizes);
    }
    double[] roi = call.has(1) ? doubles(call.in(1)) : new double[0];
    var mode = Taps.Mode.of(call);
    boolean exact = type == ScalarType.Float || type == ScalarType.Double || mode.isNearest();
    Tensor y = exact ? x : x.to(ScalarType.Float);
    for (int k = 0; k < axes.length; k++) {
      boolean crops = mode.crops() && roi.length == 2 * axes.length;
      double start = crops ? roi[k] : 0;
      double end = crops ? roi[k + axes.length] : 1;
      if (sizes[k] != y.size(axes[k]) || scales[k] != 1 || crops) {
        y =
            along(
                y, (int) axes[k], Taps.of(mode, y.size(axes[k]), sizes[k], scales[k], start, end));
      }
    }
    return exact ? y : y.to(type);
  }

  private static double[] doubles(Tensor tensor) {
    double[] values = new double[(int) tensor.numel()];
    if (values.length > 0) {
      tensor.to(ScalarType.Double).contiguous().data_ptr_double().get(values);
    }
    return values;
  }

  private static void keepRatio(Call call, Tensor x, long[] axes, double[] scales, long[] sizes) {
    String policy = call.node().text("keep_aspect_ratio_policy", "stretch");
    if (policy.equals("stretch")) {
      return;
    }
    var all = Arrays.stream(scales);
    double scale = policy.equals("not_larger") ? all.min().orElse(1) : all.max().orElse(1);
    for (int k = 0; k < axes.length; k++) {
      scales[k] = scale;
      sizes[k] = (long) Math.floor(scale * x.size(axes[k]) + 0.5);
    }
  }

  private static Tensor along(Tensor x, int axis, Taps taps) {
    if (taps.weights() == null) {
      Tensor picked = x.index_select(axis, Call.vector(taps.places()[0]));
      return taps.outside(picked, axis);
    }
    Tensor sum = null;
    for (int k = 0; k < taps.places().length; k++) {
      Tensor picked = x.index_select(axis, Call.vector(taps.places()[k]));
      Tensor weighted = picked.mul(Taps.shaped(taps.weights()[k], x, axis));
      sum = sum == null ? weighted : sum.add(weighted);
    }
    return taps.outside(sum, axis);
  }

  static Tensor where(Tensor mask, Tensor x, double value) {
    return torch.where(mask, Call.full(new long[0], scalar(value), x.scalar_type()), x);
  }
}
