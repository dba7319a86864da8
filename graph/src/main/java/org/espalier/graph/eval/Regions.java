package org.espalier.graph.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.Tensor;

/** Operators of object detectors: the choice of boxes, and what a picture holds inside of them. */
final class Regions {
  private Regions() {}

  static void register(Map<String, Rule> rules) {
    rules.put("NonMaxSuppression", Regions::select);
    rules.put("RoiAlign", Regions::align);
  }

  /** A box by its corners, in float: a tie decides which boxes stay. */
  private record Box(float top, float left, float bottom, float right) {
    static Box of(float[] numbers, int at, boolean centred) {
      float a = numbers[at];
      float b = numbers[at + 1];
      float c = numbers[at + 2];
      float d = numbers[at + 3];
      return centred
          ? new Box(b - d / 2, a - c / 2, b + d / 2, a + c / 2)
          : new Box(Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d));
    }

    float area() {
      return (bottom - top) * (right - left);
    }

    boolean overlaps(Box other, float threshold) {
      float height = Math.min(bottom, other.bottom) - Math.max(top, other.top);
      float width = Math.min(right, other.right) - Math.max(left, other.left);
      if (height <= 0 || width <= 0 || area() <= 0 || other.area() <= 0) {
        return false;
      }
      float common = height * width;
      return common / (area() + other.area() - common) > threshold;
    }
  }

  private static List<Tensor> select(Call call) {
    Tensor boxes = Unary.floats(call, 0);
    Tensor scores = Unary.floats(call, 1);
    boolean fits =
        boxes.rank() == 3
            && boxes.dim(2) == 4
            && scores.rank() == 3
            && scores.dim(0) == boxes.dim(0)
            && scores.dim(2) == boxes.dim(1);
    if (!fits) {
      throw call.invalid("boxes %s with scores %s".formatted(boxes, scores));
    }
    long most = call.optional(2).isPresent() ? call.integer(2) : 0;
    float overlap = call.optional(3).map(tensor -> tensor.floatAt(0)).orElse(0f);
    float least = call.optional(4).map(t -> t.floatAt(0)).orElse(Float.NEGATIVE_INFINITY);
    boolean centred = call.node().integer("center_point_box", 0) != 0;
    float[] numbers = boxes.floats();
    float[] score = scores.floats();
    int count = (int) boxes.dim(1);
    int classes = (int) scores.dim(1);
    var chosen = new ArrayList<long[]>();
    for (int n = 0; n < boxes.dim(0); n++) {
      Box[] all = new Box[count];
      for (int k = 0; k < count; k++) {
        all[k] = Box.of(numbers, (n * count + k) * 4, centred);
      }
      for (int c = 0; c < classes; c++) {
        int from = (n * classes + c) * count;
        var kept = new ArrayList<Box>();
        int[] best =
            IntStream.range(0, count)
                .filter(k -> call.optional(4).isEmpty() || score[from + k] > least)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer k) -> -score[from + k]))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int k : best) {
          if (kept.size() < most && kept.stream().noneMatch(b -> b.overlaps(all[k], overlap))) {
            kept.add(all[k]);
            chosen.add(new long[] {n, c, k});
          }
        }
      }
    }
    long[] flat = chosen.stream().flatMapToLong(Arrays::stream).toArray();
    return List.of(Tensor.of(flat, chosen.size(), 3));
  }

  private static List<Tensor> align(Call call) {
    Tensor x = Unary.floats(call, 0);
    Tensor rois = Unary.floats(call, 1);
    long[] images = call.integers(2);
    if (x.rank() != 4 || rois.rank() != 2 || rois.dim(1) != 4 || images.length != rois.dim(0)) {
      throw call.invalid("%s at %s in images %s".formatted(x, rois, call.input(2)));
    }
    int rows = (int) call.node().integer("output_height", 1);
    int columns = (int) call.node().integer("output_width", 1);
    boolean half =
        call.node().text("coordinate_transformation_mode", "half_pixel").equals("half_pixel");
    String mode = call.node().text("mode", "avg");
    if (!mode.equals("avg") && !mode.equals("max")) {
      throw call.invalid("mode is '" + mode + "'");
    }
    double scale = call.node().real("spatial_scale", 1);
    int sampling = (int) call.node().integer("sampling_ratio", 0);
    double[] in = Lanes.reals(x);
    double[] corners = Lanes.reals(rois);
    int channels = (int) x.dim(1);
    int plane = (int) (x.dim(2) * x.dim(3));
    double[] y = new double[images.length * channels * rows * columns];
    for (int r = 0; r < images.length; r++) {
      long image = Gathering.inside(call, images[r], x.dim(0));
      double[] low = new double[2];
      double[] step = new double[2];
      int[] samples = new int[2];
      for (int axis = 0; axis < 2; axis++) {
        low[axis] = corners[4 * r + 1 - axis] * scale - (half ? 0.5 : 0);
        double high = corners[4 * r + 3 - axis] * scale - (half ? 0.5 : 0);
        double extent = half ? high - low[axis] : Math.max(1, high - low[axis]);
        step[axis] = extent / (axis == 0 ? rows : columns);
        samples[axis] = sampling > 0 ? sampling : (int) Math.ceil(step[axis]);
      }
      for (int c = 0; c < channels; c++) {
        int from = ((int) image * channels + c) * plane;
        for (int p = 0; p < rows * columns; p++) {
          int bin = p / columns;
          double top = low[0] + bin * step[0];
          double left = low[1] + p % columns * step[1];
          double sum = 0;
          double most = Double.NEGATIVE_INFINITY;
          for (int s = 0; s < samples[0] * samples[1]; s++) {
            int line = s / samples[1];
            double row = top + (line + 0.5) * step[0] / samples[0];
            double column = left + (s % samples[1] + 0.5) * step[1] / samples[1];
            double[] parts = parts(in, from, (int) x.dim(2), (int) x.dim(3), row, column);
            for (double part : parts) {
              sum += part;
              most = Math.max(most, part);
            }
          }
          // The largest of the weighted neighbours, not of their sums: so the standard's cases.
          boolean none = samples[0] * samples[1] == 0;
          y[((r * channels + c) * rows * columns) + p] =
              mode.equals("avg") ? sum / Math.max(1, samples[0] * samples[1]) : none ? 0 : most;
        }
      }
    }
    Tensor result = Tensor.allocate(x.type(), images.length, channels, rows, columns);
    Lanes.write(result, 0, y, y.length);
    return List.of(result);
  }

  /** The four neighbours of a place, each times its weight; zeros far outside. */
  private static double[] parts(
      double[] in, int from, int height, int width, double row, double column) {
    if (row < -1 || row > height || column < -1 || column > width) {
      return new double[4];
    }
    double y = Math.max(0, row);
    double x = Math.max(0, column);
    int top = Math.min((int) y, height - 1);
    int left = Math.min((int) x, width - 1);
    int bottom = Math.min(top + 1, height - 1);
    int right = Math.min(left + 1, width - 1);
    double down = top == height - 1 ? 0 : y - top;
    double along = left == width - 1 ? 0 : x - left;
    return new double[] {
      (1 - down) * (1 - along) * in[from + top * width + left],
      (1 - down) * along * in[from + top * width + right],
      down * (1 - along) * in[from + bottom * width + left],
      down * along * in[from + bottom * width + right]
    };
  }
}
