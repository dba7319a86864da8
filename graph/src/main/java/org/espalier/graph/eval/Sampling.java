package org.espalier.graph.eval;

import java.util.stream.LongStream;
import org.espalier.graph.Node;

/**
 * How {@code Resize} makes one axis: each new element is a weighted sum of old ones. The standard's
 * words leave room; where they do, this follows the ONNX project's reference implementation, which
 * its conformance cases come from.
 *
 * @param size the axis's old size
 * @param resized its new size
 * @param scale new to old, which need not be the ratio of the two sizes
 * @param start where the region of interest starts, as a share of the axis, and
 * @param end where it ends
 */
record Sampling(Call call, long size, long resized, double scale, double start, double end) {

  /** The old elements that make a new one; positions may lie beside the axis. */
  record Taps(long first, double[] weights) {}

  boolean isIdentity() {
    return resized == size && scale == 1 && !isCrop();
  }

  private boolean isCrop() {
    return mode().equals("tf_crop_and_resize");
  }

  private String mode() {
    return call.node().text("coordinate_transformation_mode", "half_pixel");
  }

  /** Where new element {@code x} lies on the old axis. */
  double origin(long x) {
    double width = scale * size;
    return switch (mode()) {
      case "half_pixel" -> unscaled(x + 0.5) - 0.5;
      case "half_pixel_symmetric" -> size / 2.0 * (1 - resized / width) + unscaled(x + 0.5) - 0.5;
      case "pytorch_half_pixel" -> width == 1 ? 0 : unscaled(x + 0.5) - 0.5;
      case "align_corners" -> width == 1 ? 0 : x * (size - 1) / (width - 1);
      case "asymmetric" -> unscaled((double) x);
      case "tf_crop_and_resize" ->
          (size - 1) * (width == 1 ? (start + end) / 2 : start + x * (end - start) / (width - 1));
      case String other -> throw call.invalid("coordinate_transformation_mode is '" + other + "'");
    };
  }

  /** In float, as runtimes do: 6 / 0.6f is 10 there and a little less in double. */
  private double unscaled(double x) {
    return (float) x / (float) scale;
  }

  /** Whether new element {@code x} lies outside the old axis and is made up. */
  boolean isOutside(long x) {
    return isCrop() && (origin(x) < 0 || origin(x) > size - 1);
  }

  /** The old elements that are nearest to the new ones. */
  long[] nearest() {
    String rounding = call.node().text("nearest_mode", "round_prefer_floor");
    return LongStream.range(0, resized)
        .map(
            x -> {
              double origin = origin(x);
              double near =
                  switch (rounding) {
                    case "round_prefer_floor" -> Math.ceil(origin - 0.5);
                    case "round_prefer_ceil" -> Math.floor(origin + 0.5);
                    case "floor" -> Math.floor(origin);
                    case "ceil" -> Math.ceil(origin);
                    default -> throw call.invalid("nearest_mode is '" + rounding + "'");
                  };
              return Math.clamp((long) near, 0, size - 1);
            })
        .toArray();
  }

  Taps taps(long x, boolean cubic) {
    Node node = call.node();
    double origin = origin(x);
    // An element right on an old one is right of its left neighbour: the share is in (0, 1].
    long left = (long) Math.ceil(origin) - 1;
    double share = origin - left;
    double a = node.real("cubic_coeff_a", -0.75f);
    int reach = cubic ? 2 : 1;
    // Going down, the filter is as much wider as the new elements are.
    double stretch = node.integer("antialias", 0) != 0 ? Math.min(scale, 1) : 1;
    int first = (int) Math.floor(-reach / stretch) + 1;
    double[] weights = new double[2 - 2 * first];
    double sum = 0;
    boolean inside = node.integer("exclude_outside", 0) != 0;
    for (int k = 0; k < weights.length; k++) {
      double distance = Math.abs((first + k - share) * stretch);
      long at = left + first + k;
      weights[k] = inside && (at < 0 || at >= size) ? 0 : kernel(distance, cubic, a);
      sum += weights[k];
    }
    if (inside || stretch != 1) {
      for (int k = 0; k < weights.length; k++) {
        weights[k] /= sum;
      }
    }
    return new Taps(left + first, weights);
  }

  private static double kernel(double distance, boolean cubic, double a) {
    if (!cubic) {
      return Math.max(0, 1 - distance);
    }
    double square = distance * distance;
    return distance <= 1
        ? ((a + 2) * distance - (a + 3)) * square + 1
        : distance < 2 ? a * (square * distance - 5 * square + 8 * distance - 4) : 0;
  }
}
