package org.espalier.engine.plan;

import java.util.Arrays;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * Matrices on their side whose rows, such as tokens, threads share, each in memory of its own. They
 * are the only axis but the last that has more than one index.
 */
final class SharedRows {
  private SharedRows() {}

  /** Rows of a thread's share, or 0 where threads don't share rows so. */
  static int share(Planner planner, long[] dims) {
    int axis = axis(dims);
    return axis < 0
        ? 0
        : Bands.share((int) dims[axis], planner.kernels().lanes(), planner.threads());
  }

  private static int axis(long[] dims) {
    int last = dims.length - 1;
    int axis = 0;
    while (axis < last && dims[axis] == 1) {
      axis++;
    }
    return axis < last && Tensor.elements(dims) == dims[axis] * dims[last] ? axis : -1;
  }

  /** New shares for a value of these dimensions. */
  static Home.Shares make(Planner planner, long[] dims) {
    int axis = axis(dims);
    int size = share(planner, dims);
    long columns = dims[dims.length - 1];
    long pitch = planner.pitch(size);
    long[] strides = new long[dims.length + 1];
    Arrays.fill(strides, 0, axis + 1, columns * pitch);
    strides[axis + 1] = 4;
    Arrays.fill(strides, axis + 2, strides.length, pitch);
    long[] inner = SharedViews.cut(dims, axis, planner.threads(), size);
    Slot slot = planner.slot(planner.threads() * columns * pitch);
    return new Home.Shares(new Home.Strided(slot, DataType.FLOAT, inner, strides), dims, axis);
  }

  /** The value in shares that lie as new ones do. */
  static Home.Shares of(Planner planner, String value) {
    Optional<Home.Shares> known =
        planner.homes(value).stream()
            .filter(Home.Shares.class::isInstance)
            .map(Home.Shares.class::cast)
            .filter(shares -> areCompact(planner, shares))
            .findFirst();
    return known.orElseGet(
        () -> {
          Home.Shares target = make(planner, planner.dims(value).orElseThrow());
          planner.define(value, Copy.into(planner, value, target));
          return target;
        });
  }

  /** Whether shares lie as new ones do. */
  static boolean areCompact(Planner planner, Home.Shares shares) {
    long[] dims = shares.dims();
    int last = dims.length - 1;
    long pitch = planner.pitch(shares.size());
    return shares.axis() == axis(dims)
        && shares.strides()[last] == pitch
        && shares.strides()[shares.axis()] == 4
        && shares.stride() == pitch * dims[last];
  }
}
