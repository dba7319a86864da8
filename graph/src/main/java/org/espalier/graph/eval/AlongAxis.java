package org.espalier.graph.eval;

import java.util.stream.IntStream;
import org.espalier.graph.Tensor;

/** Work on the rows along one axis of a tensor, which is brought to the end and back again. */
final class AlongAxis {
  private AlongAxis() {}

  /** Computes one row. */
  @FunctionalInterface
  interface Row {
    /** Computes the row that starts at {@code from} in both tensors. */
    void compute(Tensor x, long from, Tensor y);
  }

  static Tensor map(Tensor x, int axis, Row row) {
    Tensor rows = toEnd(x, axis);
    Tensor y = Tensor.allocate(x.type(), rows.dims());
    long length = Math.max(1, x.dim(axis));
    for (long from = 0; from < y.size(); from += length) {
      row.compute(rows, from, y);
    }
    return fromEnd(y, axis);
  }

  static Tensor toEnd(Tensor x, int axis) {
    int last = x.rank() - 1;
    return axis == last
        ? x
        : Moving.transpose(
            x,
            IntStream.rangeClosed(0, last)
                .map(k -> k == last ? axis : k < axis ? k : k + 1)
                .toArray());
  }

  static Tensor fromEnd(Tensor x, int axis) {
    int last = x.rank() - 1;
    return axis == last
        ? x
        : Moving.transpose(
            x,
            IntStream.rangeClosed(0, last)
                .map(k -> k == axis ? last : k < axis ? k : k - 1)
                .toArray());
  }
}
