package org.espalier.train.data;

import java.util.List;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/** Checks that what tables and arrays share: finite numbers, labels from 0 up. */
final class Columns {
  private static final int MOST_CLASSES = 100_000;

  private Columns() {}

  /** The same numbers as a FLOAT tensor, all finite. */
  static Tensor floats(Tensor any, String where) {
    float[] values = any.floats();
    for (int k = 0; k < values.length; k++) {
      if (!Float.isFinite(values[k])) {
        throw new InvalidInputException(
            "%s: element %d of an array of shape %s is %s, expected a finite number"
                .formatted(where, k, any.shape(), values[k]));
      }
    }
    return Tensor.of(values, any.dims());
  }

  /** The names of the classes with these labels: the numbers themselves. */
  static List<String> numbers(long[] labels, String where) {
    long highest = 0;
    for (int k = 0; k < labels.length; k++) {
      if (labels[k] < 0 || labels[k] >= MOST_CLASSES) {
        throw new InvalidInputException(
            "%s: example %d has label %d, expected 0 up to the number of classes"
                .formatted(where, k, labels[k]));
      }
      highest = Math.max(highest, labels[k]);
    }
    return IntStream.rangeClosed(0, (int) highest).mapToObj(Integer::toString).toList();
  }
}
