package org.espalier.graph.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.Tensor;

/** NonMaxSuppression: the boxes with the best scores that overlap with no better one. */
final class BoxSelection {
  private BoxSelection() {}

  static void register(Map<String, Rule> rules) {
    rules.put("NonMaxSuppression", BoxSelection::select);
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
}
