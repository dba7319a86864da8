package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * How tensors of different shapes are walked together, by NumPy's rule: shapes are aligned at the
 * end, and an axis of size 1 is repeated.
 *
 * <p>Axes that all operands walk alike are merged, so that two tensors of one shape are one long
 * row, and a channel's bias over an image is a row for each channel. In a row each operand has
 * stride 1 or 0.
 */
final class Broadcast {
  private final long[] dims;
  private final long[] merged;
  private final long[][] strides;

  private Broadcast(long[] dims, long[] merged, long[][] strides) {
    this.dims = dims;
    this.merged = merged;
    this.strides = strides;
  }

  static Broadcast of(List<Tensor> operands) {
    return of(dims(operands.stream().map(Tensor::dims).toList()), operands);
  }

  /** The operands repeated to {@code dims}, which they must fit. */
  static Broadcast of(long[] dims, List<Tensor> operands) {
    long[][] strides = new long[operands.size()][];
    for (int k = 0; k < strides.length; k++) {
      strides[k] = strides(operands.get(k).dims(), dims);
    }
    // Merge from the innermost axis outwards.
    long[] merged = new long[dims.length + 1];
    long[][] steps = new long[strides.length][dims.length + 1];
    int axes = 0;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      if (dims[axis] == 1) {
        continue;
      }
      boolean joins = axes > 0;
      for (int k = 0; joins && k < strides.length; k++) {
        joins = strides[k][axis] == steps[k][axes - 1] * merged[axes - 1];
      }
      if (joins) {
        merged[axes - 1] *= dims[axis];
      } else {
        merged[axes] = dims[axis];
        for (int k = 0; k < strides.length; k++) {
          steps[k][axes] = strides[k][axis];
        }
        axes++;
      }
    }
    if (axes == 0) {
      merged[axes++] = 1;
    }
    int kept = axes;
    return new Broadcast(
        dims,
        Arrays.copyOf(merged, kept),
        Arrays.stream(steps).map(s -> Arrays.copyOf(s, kept)).toArray(long[][]::new));
  }

  /** The shape that tensors of these shapes broadcast to. */
  static long[] dims(List<long[]> shapes) {
    int rank = shapes.stream().mapToInt(shape -> shape.length).max().orElse(0);
    long[] dims = new long[rank];
    Arrays.fill(dims, 1);
    for (long[] shape : shapes) {
      for (int axis = 0; axis < shape.length; axis++) {
        int at = rank - shape.length + axis;
        if (shape[axis] != 1) {
          if (dims[at] != 1 && dims[at] != shape[axis]) {
            throw new InvalidInputException(
                "shapes %s don't broadcast: %d against %d"
                    .formatted(
                        String.join(", ", shapes.stream().map(Arrays::toString).toList()),
                        dims[at],
                        shape[axis]));
          }
          dims[at] = shape[axis];
        }
      }
    }
    return dims;
  }

  /** Strides, in elements, that walk a tensor of shape {@code from} as if it had {@code dims}. */
  static long[] strides(long[] from, long[] dims) {
    long[] strides = new long[dims.length];
    int shift = dims.length - from.length;
    long stride = 1;
    for (int axis = from.length - 1; axis >= 0; axis--) {
      assert from[axis] == 1 || from[axis] == dims[axis + shift];
      strides[axis + shift] = from[axis] == 1 ? 0 : stride;
      stride *= from[axis];
    }
    return strides;
  }

  /** The shape that all operands are repeated to. */
  long[] dims() {
    return dims.clone();
  }

  /** The stride of operand {@code operand} within a row: 0 or 1. */
  long stride(int operand) {
    return strides[operand][0];
  }

  /** A run of a row: where it starts in the result and in each operand, and its length. */
  @FunctionalInterface
  interface Run {
    void accept(long result, long[] operands, int n);
  }

  /** Walks all rows, in runs of at most {@link Lanes#LENGTH} elements. */
  void rows(Run run) {
    long row = merged[0];
    long result = 0;
    long total = Tensor.elements(dims);
    long[] starts = new long[strides.length];
    long[] at = new long[strides.length];
    long[] index = new long[merged.length];
    while (result < total) {
      for (long from = 0; from < row; from += Lanes.LENGTH) {
        for (int k = 0; k < at.length; k++) {
          at[k] = starts[k] + from * strides[k][0];
        }
        run.accept(result + from, at, (int) Math.min(Lanes.LENGTH, row - from));
      }
      result += row;
      for (int axis = 1; axis < merged.length; axis++) {
        index[axis]++;
        for (int k = 0; k < at.length; k++) {
          starts[k] += strides[k][axis];
        }
        if (index[axis] < merged[axis]) {
          break;
        }
        for (int k = 0; k < at.length; k++) {
          starts[k] -= strides[k][axis] * merged[axis];
        }
        index[axis] = 0;
      }
    }
  }
}
