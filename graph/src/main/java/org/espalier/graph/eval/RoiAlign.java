package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Tensor;

/** RoiAlign: of each bin of a region the mean or the largest of samples, read between pixels. */
final class RoiAlign {
  private final Tensor x;
  private final double[] pixels;
  private final int rows;
  private final int columns;
  private final double scale;
  private final double shift;
  private final int sampling;
  private final boolean largest;

  private RoiAlign(Call call, Tensor x) {
    this.x = x;
    pixels = Lanes.reals(x);
    rows = (int) call.node().integer("output_height", 1);
    columns = (int) call.node().integer("output_width", 1);
    scale = call.node().real("spatial_scale", 1);
    String corners = call.node().text("coordinate_transformation_mode", "half_pixel");
    shift = corners.equals("half_pixel") ? 0.5 : 0;
    sampling = (int) call.node().integer("sampling_ratio", 0);
    String mode = call.node().text("mode", "avg");
    if (!mode.equals("avg") && !mode.equals("max")) {
      throw call.invalid("mode is '" + mode + "'");
    }
    largest = mode.equals("max");
  }

  static void register(Map<String, Rule> rules) {
    rules.put("RoiAlign", RoiAlign::align);
  }

  private static List<Tensor> align(Call call) {
    Tensor x = Unary.floats(call, 0);
    Tensor rois = Unary.floats(call, 1);
    long[] images = call.integers(2);
    if (x.rank() != 4 || rois.rank() != 2 || rois.dim(1) != 4 || images.length != rois.dim(0)) {
      throw call.invalid("%s at %s in images %s".formatted(x, rois, call.input(2)));
    }
    var align = new RoiAlign(call, x);
    double[] corners = Lanes.reals(rois);
    int channels = (int) x.dim(1);
    int bins = align.rows * align.columns;
    double[] y = new double[images.length * channels * bins];
    for (int r = 0; r < images.length; r++) {
      int image = (int) Gathering.inside(call, images[r], x.dim(0));
      Region region = align.region(Arrays.copyOfRange(corners, 4 * r, 4 * r + 4));
      for (int c = 0; c < channels; c++) {
        for (int bin = 0; bin < bins; bin++) {
          y[(r * channels + c) * bins + bin] = align.bin(region, image * channels + c, bin);
        }
      }
    }
    Tensor result = Tensor.allocate(x.type(), images.length, channels, align.rows, align.columns);
    Lanes.write(result, 0, y, y.length);
    return List.of(result);
  }

  /**
   * Where bins lie, rows first, then columns.
   *
   * @param low where the first begins
   * @param step how large they are
   * @param samples how many each takes
   */
  private record Region(double[] low, double[] step, int[] samples) {}

  /** The region between corners x1, y1, x2, y2. */
  private Region region(double[] corners) {
    var region = new Region(new double[2], new double[2], new int[2]);
    for (int axis = 0; axis < 2; axis++) {
      double low = corners[1 - axis] * scale - shift;
      double high = corners[3 - axis] * scale - shift;
      double extent = shift > 0 ? high - low : Math.max(1, high - low);
      double step = extent / (axis == 0 ? rows : columns);
      region.low[axis] = low;
      region.step[axis] = step;
      region.samples[axis] = sampling > 0 ? sampling : (int) Math.ceil(step);
    }
    return region;
  }

  private double bin(Region region, int plane, int bin) {
    int down = region.samples[0];
    int along = region.samples[1];
    int line = bin / columns;
    double top = region.low[0] + line * region.step[0];
    double left = region.low[1] + bin % columns * region.step[1];
    double sum = 0;
    double most = Double.NEGATIVE_INFINITY;
    for (int s = 0; s < down * along; s++) {
      int sampled = s / along;
      double row = top + (sampled + 0.5) * region.step[0] / down;
      double column = left + (s % along + 0.5) * region.step[1] / along;
      for (double part : parts(plane, row, column)) {
        sum += part;
        most = Math.max(most, part);
      }
    }
    if (down * along == 0) {
      return 0;
    }
    // The largest of the weighted neighbours, not of their sums: so the standard's cases.
    return largest ? most : sum / (down * along);
  }

  /** The four neighbours of a place, each times its weight; zeros far outside. */
  private double[] parts(int plane, double row, double column) {
    int height = (int) x.dim(2);
    int width = (int) x.dim(3);
    if (row < -1 || row > height || column < -1 || column > width) {
      return new double[4];
    }
    int from = plane * height * width;
    double inside = Math.max(0, row);
    double across = Math.max(0, column);
    int top = Math.min((int) inside, height - 1);
    int left = Math.min((int) across, width - 1);
    int bottom = Math.min(top + 1, height - 1);
    int right = Math.min(left + 1, width - 1);
    double down = top == height - 1 ? 0 : inside - top;
    double along = left == width - 1 ? 0 : across - left;
    return new double[] {
      (1 - down) * (1 - along) * pixels[from + top * width + left],
      (1 - down) * along * pixels[from + top * width + right],
      down * (1 - along) * pixels[from + bottom * width + left],
      down * along * pixels[from + bottom * width + right]
    };
  }
}
