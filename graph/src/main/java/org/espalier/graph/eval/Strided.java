package org.espalier.graph.eval;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * A view of memory as an array of any strides, in elements; a stride may be 0 or negative.
 *
 * @param width bytes of an element
 */
record Strided(MemorySegment data, int width, long offset, long[] strides) {

  /** Row-major strides of a tensor of this shape. */
  static long[] rowMajor(long... dims) {
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= dims[axis];
    }
    return strides;
  }

  /** Copies all elements of {@code from}, an array of shape {@code dims}, to {@code to}. */
  static void copy(Strided from, Strided to, long[] dims) {
    assert from.width == to.width;
    // Merge axes that both sides walk as one, and drop those of size 1.
    int axes = 0;
    long[] size = new long[dims.length + 1];
    long[] a = new long[dims.length + 1];
    long[] b = new long[dims.length + 1];
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      if (dims[axis] == 0) {
        return;
      }
      if (dims[axis] == 1) {
        continue;
      }
      if (axes > 0
          && from.strides[axis] == a[axes - 1] * size[axes - 1]
          && to.strides[axis] == b[axes - 1] * size[axes - 1]) {
        size[axes - 1] *= dims[axis];
      } else {
        size[axes] = dims[axis];
        a[axes] = from.strides[axis];
        b[axes] = to.strides[axis];
        axes++;
      }
    }
    if (axes == 0) {
      size[axes++] = 1;
    }
    long[] index = new long[axes];
    long p = from.offset;
    long q = to.offset;
    while (true) {
      row(from, p, a[0], to, q, b[0], size[0]);
      int axis = 1;
      for (; axis < axes; axis++) {
        p += a[axis];
        q += b[axis];
        if (++index[axis] < size[axis]) {
          break;
        }
        p -= a[axis] * size[axis];
        q -= b[axis] * size[axis];
        index[axis] = 0;
      }
      if (axis == axes) {
        return;
      }
    }
  }

  private static void row(Strided from, long p, long a, Strided to, long q, long b, long n) {
    MemorySegment x = from.data;
    MemorySegment y = to.data;
    int width = from.width;
    if (a == 1 && b == 1) {
      MemorySegment.copy(x, p * width, y, q * width, n * width);
      return;
    }
    switch (width) {
      case 1 -> {
        for (long k = 0; k < n; k++) {
          y.set(JAVA_BYTE, q + k * b, x.get(JAVA_BYTE, p + k * a));
        }
      }
      case 2 -> {
        for (long k = 0; k < n; k++) {
          y.setAtIndex(Lanes.SHORT, q + k * b, x.getAtIndex(Lanes.SHORT, p + k * a));
        }
      }
      case 4 -> {
        for (long k = 0; k < n; k++) {
          y.setAtIndex(Lanes.INT, q + k * b, x.getAtIndex(Lanes.INT, p + k * a));
        }
      }
      case 8 -> {
        for (long k = 0; k < n; k++) {
          y.setAtIndex(Lanes.LONG, q + k * b, x.getAtIndex(Lanes.LONG, p + k * a));
        }
      }
      default -> {
        for (long k = 0; k < n; k++) {
          MemorySegment.copy(x, (p + k * a) * width, y, (q + k * b) * width, width);
        }
      }
    }
  }
}
