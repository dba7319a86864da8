package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Tensor;

/**
 * GridSample, which reads a tensor at places that a grid gives, and AffineGrid, which makes one.
 */
final class GridSampling {
  /** What interpolation with cubics takes for the slope, as all frameworks do. */
  private static final double CUBIC = -0.75;

  private GridSampling() {}

  static void register(Map<String, Rule> rules) {
    rules.put("GridSample", GridSampling::sample);
    rules.put("AffineGrid", GridSampling::affine);
  }

  /** How the elements of one axis beside a place are weighted; a tap of -1 reads 0. */
  private record Taps(int[] at, double[] weights) {}

  private static List<Tensor> sample(Call call) {
    Tensor x = Unary.floats(call, 0);
    Tensor grid = Unary.floats(call, 1);
    int axes = x.rank() - 2;
    boolean fits =
        axes >= 1
            && grid.rank() == x.rank()
            && grid.dim(0) == x.dim(0)
            && grid.dim(axes + 1) == axes;
    if (!fits) {
      throw call.invalid("a grid of %s for %s".formatted(grid, x));
    }
    long[] dims = x.dims();
    System.arraycopy(grid.dims(), 1, dims, 2, axes);
    Tensor y = Tensor.allocate(x.type(), dims);
    double[] in = Lanes.reals(x);
    double[] places = Lanes.reals(grid);
    int channels = (int) x.dim(1);
    int plane = (int) Tensor.elements(Arrays.copyOfRange(x.dims(), 2, x.rank()));
    int count = (int) Tensor.elements(Arrays.copyOfRange(dims, 2, dims.length));
    double[] out = new double[(int) y.size()];
    var taps = new Taps[axes];
    for (int n = 0; n < x.dim(0); n++) {
      for (int p = 0; p < count; p++) {
        for (int axis = 0; axis < axes; axis++) {
          // The grid has the last axis first.
          double place = places[(n * count + p) * axes + axes - 1 - axis];
          taps[axis] = taps(call, place, (int) x.dim(axis + 2));
        }
        for (int c = 0; c < channels; c++) {
          int from = (n * channels + c) * plane;
          out[(n * channels + c) * count + p] = sum(in, from, 0, x.dims(), taps, 0);
        }
      }
    }
    Lanes.write(y, 0, out, out.length);
    return List.of(y);
  }

  private static double sum(double[] in, int from, int at, long[] dims, Taps[] taps, int axis) {
    if (axis == taps.length) {
      return in[from + at];
    }
    double sum = 0;
    Taps here = taps[axis];
    for (int k = 0; k < here.at.length; k++) {
      if (here.at[k] >= 0) {
        int next = at * (int) dims[axis + 2] + here.at[k];
        sum += here.weights[k] * sum(in, from, next, dims, taps, axis + 1);
      }
    }
    return sum;
  }

  private static Taps taps(Call call, double place, int size) {
    boolean align = call.node().integer("align_corners", 0) != 0;
    double at = align ? (place + 1) / 2 * (size - 1) : ((place + 1) * size - 1) / 2;
    if (Double.isNaN(at)) {
      return new Taps(new int[] {-1}, new double[] {Double.NaN});
    }
    String padding = call.node().text("padding_mode", "zeros");
    String mode = call.node().text("mode", "linear");
    double floor = Math.floor(at);
    double share = at - floor;
    double[] weights =
        switch (mode) {
          case "nearest" -> new double[] {1};
          case "linear", "bilinear" -> new double[] {1 - share, share};
          case "cubic", "bicubic" ->
              new double[] {cubic(share + 1), cubic(share), cubic(1 - share), cubic(2 - share)};
          default -> throw call.invalid("mode is '" + mode + "'");
        };
    double first = weights.length == 1 ? Math.rint(at) : weights.length == 2 ? floor : floor - 1;
    int[] taps = new int[weights.length];
    for (int k = 0; k < taps.length; k++) {
      double tap = first + k;
      taps[k] =
          (int)
              switch (padding) {
                case "zeros" -> tap < 0 || tap >= size ? -1 : tap;
                case "border" -> Math.clamp(tap, 0, size - 1.0);
                case "reflection" ->
                    align ? reflected(tap, 0, size - 1) : reflected(tap, -0.5, size - 0.5);
                default -> throw call.invalid("padding_mode is '" + padding + "'");
              };
    }
    return new Taps(taps, weights);
  }

  private static double reflected(double tap, double low, double high) {
    double width = high - low;
    if (width <= 0) {
      return 0;
    }
    double beyond = (((tap - low) % (2 * width)) + 2 * width) % (2 * width);
    return low + (beyond <= width ? beyond : 2 * width - beyond);
  }

  private static double cubic(double distance) {
    double square = distance * distance;
    return distance <= 1
        ? ((CUBIC + 2) * distance - (CUBIC + 3)) * square + 1
        : CUBIC * (square * distance - 5 * square + 8 * distance - 4);
  }

  private static List<Tensor> affine(Call call) {
    double[] theta = Lanes.reals(Unary.floats(call, 0));
    long[] size = call.integers(1);
    int axes = size.length - 2;
    if (axes < 1 || theta.length != size[0] * axes * (axes + 1)) {
      throw call.invalid(
          "a theta of %s for sizes %s".formatted(call.input(0), Arrays.toString(size)));
    }
    boolean align = call.node().integer("align_corners", 0) != 0;
    long[] out = Arrays.copyOfRange(size, 2, size.length);
    int count = (int) Tensor.elements(out);
    double[] grid = new double[(int) size[0] * count * axes];
    long[] at = new long[axes];
    for (int n = 0; n < size[0]; n++) {
      for (int p = 0; p < count; p++) {
        Window.unravel(p, out, at);
        for (int row = 0; row < axes; row++) {
          int line = (n * axes + row) * (axes + 1);
          double sum = theta[line + axes];
          for (int k = 0; k < axes; k++) {
            sum += theta[line + k] * corner(at[axes - 1 - k], out[axes - 1 - k], align);
          }
          grid[(n * count + p) * axes + row] = sum;
        }
      }
    }
    long[] dims = new long[axes + 2];
    dims[0] = size[0];
    System.arraycopy(out, 0, dims, 1, axes);
    dims[axes + 1] = axes;
    Tensor y = Tensor.allocate(call.input(0).type(), dims);
    Lanes.write(y, 0, grid, grid.length);
    return List.of(y);
  }

  /** The place of element {@code k} of an axis that goes from -1 to 1. */
  private static double corner(long k, long size, boolean align) {
    if (align) {
      return size == 1 ? 0 : 2.0 * k / (size - 1) - 1;
    }
    return (2.0 * k + 1) / size - 1;
  }
}
