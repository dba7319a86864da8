package org.espalier.graph.infer;

import java.util.Arrays;

/** Movement of the elements of small tensors: row-major arrays with their dimensions. */
final class Entries {
  private Entries() {}

  /** Dimensions given as elements; one that isn't known is an unknown size. */
  static Dims dims(Size[] entries) {
    return new Dims(
        Arrays.stream(entries).map(entry -> entry == null ? Size.unknown() : entry).toList());
  }

  static int count(long[] dims) {
    long count = 1;
    for (long dim : dims) {
      count = Math.multiplyExact(count, dim);
    }
    return Math.toIntExact(count);
  }

  static long[] strides(long[] dims) {
    var strides = new long[dims.length];
    long stride = 1;
    for (int k = dims.length - 1; k >= 0; k--) {
      strides[k] = stride;
      stride *= dims[k];
    }
    return strides;
  }

  /** The elements repeated along axes of size 1 until they fill {@code to}. */
  static Size[] expand(Size[] in, long[] from, long[] to) {
    if (Arrays.equals(from, to)) {
      return in;
    }
    long[] own = strides(from);
    var step = new long[to.length];
    for (int k = 0; k < from.length; k++) {
      step[to.length - from.length + k] = from[k] == 1 ? 0 : own[k];
    }
    return view(in, 0, to, step);
  }

  /** Elements read from {@code start} on with a step along each of {@code dims}. */
  static Size[] view(Size[] in, long start, long[] dims, long[] steps) {
    var out = new Size[count(dims)];
    var at = new long[dims.length];
    for (int k = 0; k < out.length; k++) {
      long position = start;
      for (int axis = 0; axis < at.length; axis++) {
        position += at[axis] * steps[axis];
      }
      out[k] = in[(int) position];
      for (int axis = at.length - 1; axis >= 0 && ++at[axis] == dims[axis]; axis--) {
        at[axis] = 0;
      }
    }
    return out;
  }
}
