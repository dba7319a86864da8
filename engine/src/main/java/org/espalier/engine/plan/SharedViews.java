package org.espalier.engine.plan;

import java.util.Arrays;
import java.util.Optional;

/** Shares of a value seen in another shape, where the axis that is cut stays as it is. */
final class SharedViews {
  private SharedViews() {}

  static Optional<Home.Shares> reshaped(Home.Shares x, long[] dims) {
    long before = product(x.dims(), x.axis());
    for (int axis = 0; axis < dims.length; axis++) {
      if (dims[axis] == x.dims()[x.axis()] && product(dims, axis) == before) {
        long[] inner = cut(x, dims, axis);
        int at = axis;
        return Strides.reshaped(x.inner().dims(), x.inner().strides(), inner)
            .map(strides -> view(x, 0, inner, strides, dims, at));
      }
    }
    return Optional.empty();
  }

  static Home.Shares transposed(Home.Shares x, long[] perm) {
    int rank = perm.length;
    long[] dims = new long[rank];
    long[] inner = new long[rank + 1];
    long[] strides = new long[rank + 1];
    int cut = 0;
    int to = 0;
    for (int axis = 0; axis < rank; axis++) {
      int from = (int) perm[axis];
      dims[axis] = x.dims()[from];
      int first = inner(x, from);
      for (int k = 0; k < (from == x.axis() ? 2 : 1); k++, to++) {
        inner[to] = x.inner().dims()[first + k];
        strides[to] = x.inner().strides()[first + k];
      }
      cut = from == x.axis() ? axis : cut;
    }
    return view(x, 0, inner, strides, dims, cut);
  }

  /** Some indices of another axis than the one that is cut. */
  static Home.Shares sliced(Home.Shares x, int axis, long start, long size) {
    assert axis != x.axis() : axis;
    long[] dims = x.dims().clone();
    dims[axis] = size;
    long[] strides = x.inner().strides();
    long offset = start * strides[inner(x, axis)];
    return view(x, offset, cut(x, dims, x.axis()), strides, dims, x.axis());
  }

  private static Home.Shares view(
      Home.Shares x, long offset, long[] inner, long[] strides, long[] dims, int axis) {
    Slot slot = x.slot().part(offset);
    return new Home.Shares(new Home.Strided(slot, x.type(), inner, strides), dims, axis);
  }

  /** The axis of the inner shape that {@code axis} is, or the first of both where it is cut. */
  private static int inner(Home.Shares x, int axis) {
    return axis <= x.axis() ? axis : axis + 1;
  }

  /** The dimensions with shares and places of {@code x} in the place of an axis. */
  static long[] cut(Home.Shares x, long[] dims, int axis) {
    return cut(dims, axis, x.count(), x.size());
  }

  static long[] cut(long[] dims, int axis, long count, long size) {
    long[] inner = new long[dims.length + 1];
    System.arraycopy(dims, 0, inner, 0, axis);
    inner[axis] = count;
    inner[axis + 1] = size;
    System.arraycopy(dims, axis + 1, inner, axis + 2, dims.length - axis - 1);
    return inner;
  }

  private static long product(long[] dims, int end) {
    return Arrays.stream(dims, 0, end).reduce(1, (a, b) -> a * b);
  }
}
