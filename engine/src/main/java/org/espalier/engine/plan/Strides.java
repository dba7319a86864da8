package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Layouts as bytes from one index to the next along each axis. */
final class Strides {
  private Strides() {}

  /** Any layout with strides spelled out. */
  static Home.Strided of(Home.Placed home) {
    return switch (home) {
      case Home.Strided strided -> strided;
      case Home.Rows rows ->
          new Home.Strided(
              rows.slot(), rows.type(), rows.dims(), rows(rows.dims(), bytes(rows.type())));
      case Home.Matrix m -> {
        long[] strides = leading(m.dims(), m.pitch());
        if (strides.length > 0) {
          strides[strides.length - 1] = 4;
        }
        yield new Home.Strided(m.slot(), DataType.FLOAT, m.dims(), strides);
      }
      case Home.Columns c -> {
        long[] strides = leading(c.dims(), 4);
        strides[strides.length - 1] = c.pitch();
        yield new Home.Strided(c.slot(), DataType.FLOAT, c.dims(), strides);
      }
      case Home.Planes p -> {
        long[] strides = rows(p.dims(), 4);
        strides[1] = p.pitch();
        strides[0] = p.channels() * p.pitch();
        yield new Home.Strided(p.slot(), DataType.FLOAT, p.dims(), strides);
      }
    };
  }

  static int bytes(DataType type) {
    return type.bits() / 8;
  }

  /** Whether values of this type can be moved one by one: whole bytes, and no texts. */
  static boolean fits(DataType type) {
    return type != null && type != DataType.STRING && type.bits() >= 8 && type.bits() <= 64;
  }

  /** Strides of a row-major array without gaps. */
  static long[] rows(long[] dims, long bytes) {
    long[] strides = new long[dims.length];
    long stride = bytes;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= dims[axis];
    }
    return strides;
  }

  /** Row-major strides of all axes but the last, {@code step} bytes apart. */
  private static long[] leading(long[] dims, long step) {
    long[] strides = new long[dims.length];
    long stride = step;
    for (int axis = dims.length - 2; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= dims[axis];
    }
    return strides;
  }

  /** Bytes from the first element to the last. */
  static long extent(long[] dims, long[] strides) {
    long last = 0;
    for (int axis = 0; axis < dims.length; axis++) {
      last += (dims[axis] - 1) * strides[axis];
    }
    return last;
  }

  private static boolean same(long[] dims, long[] a, long[] b) {
    return IntStream.range(0, dims.length).allMatch(k -> dims[k] == 1 || a[k] == b[k]);
  }

  /** The plainest home that describes the same numbers: rows, columns or a matrix where it is. */
  static Home.Placed simplest(Planner planner, Home.Strided view) {
    long[] dims = view.dims();
    if (same(dims, view.strides(), rows(dims, bytes(view.type())))) {
      return new Home.Rows(view.slot(), view.type(), dims);
    }
    if (view.type() != DataType.FLOAT || dims.length < 2) {
      return view;
    }
    int last = (int) dims[dims.length - 1];
    int others = (int) (Tensor.elements(dims) / last);
    var columns = new Home.Columns(view.slot(), dims, others, last, planner.pitch(others));
    if (same(dims, view.strides(), of(columns).strides())) {
      return columns;
    }
    var matrix = new Home.Matrix(view.slot(), dims, others, last, planner.matrixPitch(last));
    return same(dims, view.strides(), of(matrix).strides()) ? matrix : view;
  }

  /**
   * A new home of type {@code type} for a value as large as {@code model}, whose axes lie in memory
   * in the same order.
   */
  static Home.Placed inOrderOf(Planner planner, DataType type, Home.Strided model) {
    return inOrder(planner, type, model.dims(), model.strides());
  }

  /** A new home for a value of these dimensions, whose axes lie in the order of {@code strides}. */
  static Home.Placed inOrder(Planner planner, DataType type, long[] dims, long[] strides) {
    List<Integer> axes =
        new ArrayList<>(
            IntStream.range(0, dims.length)
                .boxed()
                .sorted(Comparator.comparingLong(axis -> -key(dims, strides, axis)))
                .toList());
    long[] placed = new long[dims.length];
    long bytes = bytes(type);
    boolean rows = true;
    for (int k = 1; k < axes.size(); k++) {
      rows &= axes.get(k - 1) < axes.get(k) || dims[axes.get(k)] == 1 || dims[axes.get(k - 1)] == 1;
    }
    if (rows) {
      return planner.newRows(type, dims);
    }
    // The axes that lead to the first that isn't in order are one run of numbers; it is padded so
    // that what crosses it starts on whole vectors.
    long stride = bytes;
    int run = axes.size() - 1;
    for (; run >= 0; run--) {
      int axis = axes.get(run);
      boolean inOrder = run == axes.size() - 1 || axis < axes.get(run + 1) || dims[axis] == 1;
      if (!inOrder) {
        break;
      }
      placed[axis] = stride;
      stride *= dims[axis];
    }
    if (type == DataType.FLOAT) {
      stride = planner.pitch((int) (stride / bytes));
    }
    for (; run >= 0; run--) {
      placed[axes.get(run)] = stride;
      stride *= dims[axes.get(run)];
    }
    Slot slot = planner.slot(stride);
    return simplest(planner, new Home.Strided(slot, type, dims, placed));
  }

  /** What axes are sorted by; repeated ones, and those of one element, come outermost. */
  private static long key(long[] dims, long[] strides, int axis) {
    return strides[axis] == 0 || dims[axis] == 1 ? Long.MAX_VALUE : strides[axis];
  }

  /** The strides of the same numbers in another shape, where strides can describe it. */
  static Optional<long[]> reshaped(long[] dims, long[] strides, long[] to) {
    long[] from = Arrays.stream(dims).filter(d -> d != 1).toArray();
    long[] old =
        IntStream.range(0, dims.length)
            .filter(k -> dims[k] != 1)
            .mapToLong(k -> strides[k])
            .toArray();
    long[] placed = new long[to.length];
    int i = 0;
    int j = 0;
    while (i < from.length) {
      // The least groups of axes on both sides that hold the same number of elements.
      int iEnd = i + 1;
      int jEnd = j;
      long left = from[i];
      long right = 1;
      while (left != right || jEnd == j) {
        if (right < left || jEnd == j) {
          right *= to[jEnd++];
        } else {
          left *= from[iEnd++];
        }
      }
      for (int k = i; k < iEnd - 1; k++) {
        if (old[k] != old[k + 1] * from[k + 1]) {
          return Optional.empty();
        }
      }
      long stride = old[iEnd - 1];
      for (int k = jEnd - 1; k >= j; k--) {
        placed[k] = stride;
        stride *= to[k];
      }
      i = iEnd;
      j = jEnd;
    }
    for (; j < to.length; j++) {
      placed[j] = 0;
    }
    return Optional.of(placed);
  }
}
