package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Tensor;

/** DeformConv: a convolution whose taps are moved by offsets, and read between the pixels. */
final class Deformable {
  private Deformable() {}

  static void register(Map<String, Rule> rules) {
    rules.put("DeformConv", Deformable::convolve);
  }

  private static List<Tensor> convolve(Call call) {
    Tensor x = Unary.floats(call, 0);
    Tensor w = Unary.floats(call, 1);
    Tensor moves = Unary.floats(call, 2);
    if (x.rank() != 4 || w.rank() != 4 || moves.rank() != 4) {
      throw call.unsupported("other than two spatial axes");
    }
    int groups = (int) call.node().integer("group", 1);
    int moved = (int) call.node().integer("offset_group", 1);
    Window window = Window.of(call, x, Arrays.copyOfRange(w.dims(), 2, 4));
    int taps = (int) Tensor.elements(window.kernel());
    int places = (int) Tensor.elements(window.out());
    int channels = (int) x.dim(1);
    int filters = (int) w.dim(0);
    int each = (int) w.dim(1);
    long batch = x.dim(0);
    boolean fits =
        each * groups == channels
            && filters % groups == 0
            && channels % moved == 0
            && moves.size() == batch * moved * taps * 2 * places;
    if (!fits) {
      throw call.invalid("%s by %s with offsets %s".formatted(x, w, moves));
    }
    double[] in = Lanes.reals(x);
    double[] weights = Lanes.reals(w);
    double[] offsets = Lanes.reals(moves);
    double[] bias = call.optional(3).map(Lanes::reals).orElse(new double[filters]);
    double[] mask = call.optional(4).map(Lanes::reals).orElse(null);
    double[] y = new double[(int) batch * filters * places];
    double[] sampled = new double[channels * taps];
    for (int n = 0; n < batch; n++) {
      for (int p = 0; p < places; p++) {
        for (int c = 0; c < channels; c++) {
          int part = n * moved + c / (channels / moved);
          int plane = (int) (n * (long) channels + c) * (int) (x.dim(2) * x.dim(3));
          for (int t = 0; t < taps; t++) {
            int at = (part * taps + t) * 2 * places + p;
            double row = offsets[at] + window.at(0, p / window.out()[1], t / window.kernel()[1]);
            double column =
                offsets[at + places] + window.at(1, p % window.out()[1], t % window.kernel()[1]);
            double factor = mask == null ? 1 : mask[(part * taps + t) * places + p];
            sampled[c * taps + t] = factor * between(in, plane, x, row, column);
          }
        }
        for (int f = 0; f < filters; f++) {
          int first = f / (filters / groups) * each * taps;
          double sum = bias[f];
          for (int k = 0; k < each * taps; k++) {
            sum += weights[f * each * taps + k] * sampled[first + k];
          }
          y[(n * filters + f) * places + p] = sum;
        }
      }
    }
    Tensor result = Tensor.allocate(x.type(), batch, filters, window.out()[0], window.out()[1]);
    Lanes.write(result, 0, y, y.length);
    return List.of(result);
  }

  /** Linear interpolation; pixels beside the image are 0. */
  private static double between(double[] in, int plane, Tensor x, double row, double column) {
    int height = (int) x.dim(2);
    int width = (int) x.dim(3);
    if (!(row > -1 && row < height && column > -1 && column < width)) {
      return 0;
    }
    int top = (int) Math.floor(row);
    int left = (int) Math.floor(column);
    double sum = 0;
    for (int k = 0; k < 4; k++) {
      int r = top + k / 2;
      int c = left + k % 2;
      if (r >= 0 && r < height && c >= 0 && c < width) {
        double share = (1 - Math.abs(row - r)) * (1 - Math.abs(column - c));
        sum += share * in[plane + r * width + c];
      }
    }
    return sum;
  }
}
