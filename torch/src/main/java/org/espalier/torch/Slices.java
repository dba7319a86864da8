package org.espalier.torch;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/** Slice: starts, ends, axes and steps as inputs; libtorch knows no negative step. */
final class Slices {
  private Slices() {}

  static Tensor slice(Call call) {
    Tensor x = call.in(0);
    long[] starts = call.longs(1);
    long[] ends = call.longs(2);
    for (int k = 0; k < starts.length; k++) {
      int axis = call.has(3) ? call.axis(call.longs(3)[k], x.dim()) : k;
      long step = call.has(4) ? call.longs(4)[k] : 1;
      x =
          step > 0
              ? forward(x, axis, starts[k], ends[k], step)
              : backward(x, axis, starts[k], ends[k], step);
    }
    return x;
  }

  private static Tensor forward(Tensor x, int axis, long start, long end, long step) {
    long size = x.size(axis);
    long from = Math.clamp(start < 0 ? start + size : start, 0L, size);
    long to = Math.clamp(end < 0 ? end + size : end, from, Math.max(from, size));
    return x.slice(axis, new LongOptional(from), new LongOptional(to), step);
  }

  /** The axis reversed, and then forward. */
  private static Tensor backward(Tensor x, int axis, long start, long end, long step) {
    long size = x.size(axis);
    long from = Math.clamp(start < 0 ? start + size : start, -1L, size - 1);
    long to = Math.clamp(end < 0 ? end + size : end, -1L, size - 1);
    long first = size - 1 - from;
    long last = Math.max(first, size - 1 - to);
    return x.flip(axis).slice(axis, new LongOptional(first), new LongOptional(last), -step);
  }
}
