package org.espalier.torch;

import java.util.Arrays;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Which positions of the input make each position of a resized axis, and with which weights, as
 * ONNX's Resize defines them.
 *
 * @param places for each tap, a position of the input for each of the output
 * @param weights for each tap, a weight for each position of the output; null for one of weight 1
 * @param out positions of the output that lie outside the input and take the value of {@code mode}
 */
record Taps(Mode mode, long[][] places, double[][] weights, boolean[] out) {
  /** The attributes of a Resize. */
  record Mode(
      String interpolation,
      String coordinates,
      String rounding,
      double cubic,
      boolean antialias,
      boolean excludeOutside,
      double extrapolation) {

    static Mode of(Call call) {
      var node = call.node();
      var mode =
          new Mode(
              node.text("mode", "nearest"),
              node.text("coordinate_transformation_mode", "half_pixel"),
              node.text("nearest_mode", "round_prefer_floor"),
              node.real("cubic_coeff_a", -0.75f),
              node.integer("antialias", 0) != 0,
              node.integer("exclude_outside", 0) != 0,
              node.real("extrapolation_value", 0));
      if (!mode.isNearest() && !mode.isLinear() && !mode.interpolation.equals("cubic")) {
        throw call.invalid("mode '" + mode.interpolation + "'");
      }
      return mode;
    }

    boolean isNearest() {
      return interpolation.equals("nearest");
    }

    boolean isLinear() {
      return interpolation.equals("linear");
    }

    boolean crops() {
      return coordinates.equals("tf_crop_and_resize");
    }

    /** Where position {@code x} of the output lies on the input. */
    double origin(long x, long in, long size, double scale, double start, double end) {
      double width = scale * in;
      return switch (coordinates) {
        case "asymmetric" -> unscaled((double) x, scale);
        case "align_corners" -> width == 1 ? 0 : x * (in - 1) / (width - 1);
        case "pytorch_half_pixel" -> width == 1 ? -0.5 : unscaled(x + 0.5, scale) - 0.5;
        case "half_pixel_symmetric" ->
            in / 2.0 * (1 - size / width) + unscaled(x + 0.5, scale) - 0.5;
        case "tf_half_pixel_for_nn" -> unscaled(x + 0.5, scale);
        case "tf_crop_and_resize" ->
            start * (in - 1)
                + (size == 1
                    ? (end - start) * (in - 1) / 2
                    : x * (end - start) * (in - 1) / (size - 1));
        default -> unscaled(x + 0.5, scale) - 0.5;
      };
    }

    /** In float, as runtimes do: 6 / 0.6f is 10 there and a little less in double. */
    private static double unscaled(double x, double scale) {
      return (float) x / (float) scale;
    }

    /** The weight of a tap at this distance. */
    private double weight(double distance) {
      double d = Math.abs(distance);
      if (isLinear()) {
        return Math.max(0, 1 - d);
      }
      double a = cubic;
      return d <= 1
          ? ((a + 2) * d - (a + 3)) * d * d + 1
          : d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
    }

    private long round(double x) {
      double floor = Math.floor(x);
      return (long)
          switch (rounding) {
            case "floor" -> floor;
            case "ceil" -> Math.ceil(x);
            case "round_prefer_ceil" -> Math.floor(x + 0.5);
            default -> x - floor <= 0.5 ? floor : floor + 1;
          };
    }
  }

  static Taps of(Mode mode, long in, long size, double scale, double start, double end) {
    int n = Math.toIntExact(size);
    double[] origins = new double[n];
    boolean[] out = new boolean[n];
    for (int x = 0; x < n; x++) {
      origins[x] = mode.origin(x, in, size, scale, start, end);
      out[x] = mode.crops() && (origins[x] < 0 || origins[x] > in - 1);
    }
    return mode.isNearest()
        ? nearest(mode, in, origins, out)
        : weighted(mode, in, scale, origins, out);
  }

  private static Taps nearest(Mode mode, long in, double[] origins, boolean[] out) {
    long[] places =
        Arrays.stream(origins).mapToLong(x -> Math.clamp(mode.round(x), 0L, in - 1)).toArray();
    return new Taps(mode, new long[][] {places}, null, out);
  }

  private static Taps weighted(Mode mode, long in, double scale, double[] origins, boolean[] out) {
    // Antialiasing a smaller output stretches the kernel over more of the input.
    double stretch = mode.antialias ? Math.min(scale, 1) : 1;
    int reach = mode.isLinear() ? 1 : 2;
    int first = (int) Math.floor(-reach / stretch) + 1;
    int count = 2 - 2 * first;
    long[][] places = new long[count][origins.length];
    double[][] weights = new double[count][origins.length];
    for (int x = 0; x < origins.length; x++) {
      long left = (long) Math.ceil(origins[x]) - 1;
      double ratio = origins[x] - left;
      double sum = 0;
      for (int k = 0; k < count; k++) {
        long place = left + first + k;
        boolean counts = !mode.excludeOutside || (place >= 0 && place < in);
        places[k][x] = Math.clamp(place, 0L, in - 1);
        weights[k][x] = counts ? mode.weight((first + k - ratio) * stretch) : 0;
        sum += weights[k][x];
      }
      for (int k = 0; k < count; k++) {
        weights[k][x] /= sum;
      }
    }
    return new Taps(mode, places, weights, out);
  }

  /** Puts the extrapolated value where the output lies outside the input. */
  Tensor outside(Tensor y, int axis) {
    boolean any = false;
    double[] mask = new double[out.length];
    for (int x = 0; x < out.length; x++) {
      mask[x] = out[x] ? 1 : 0;
      any |= out[x];
    }
    return any
        ? Resizing.where(shaped(mask, y, axis).to(ScalarType.Bool), y, mode.extrapolation)
        : y;
  }

  /** Numbers along one axis, shaped to broadcast over {@code like} and of its type. */
  static Tensor shaped(double[] values, Tensor like, int axis) {
    long[] shape = new long[(int) like.dim()];
    Arrays.fill(shape, 1);
    shape[axis] = values.length;
    return Libtorch.view(org.espalier.graph.Tensor.of(values, shape))
        .to(like.scalar_type(), false, true, new MemoryFormatOptional());
  }
}
