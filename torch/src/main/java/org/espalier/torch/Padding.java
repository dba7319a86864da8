package org.espalier.torch;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Pad: with a constant, or with what an index outside the input stands for. */
final class Padding {
  private Padding() {}

  static Tensor pad(Call call) {
    Tensor x = call.in(0);
    int rank = (int) x.dim();
    long[] given = call.longs(1);
    long[] axes = new long[rank];
    Arrays.setAll(axes, axis -> axis);
    if (call.has(3)) {
      axes = call.longs(3);
    }
    if (given.length != 2 * axes.length) {
      throw call.invalid("%d pads for %d axes".formatted(given.length, axes.length));
    }
    long[] before = new long[rank];
    long[] after = new long[rank];
    for (int k = 0; k < axes.length; k++) {
      int axis = call.axis(axes[k], rank);
      before[axis] = given[k];
      after[axis] = given[k + axes.length];
    }
    String mode = call.node().text("mode", "constant");
    if (mode.equals("constant")) {
      return constant(call, x, before, after);
    }
    for (int axis = 0; axis < rank; axis++) {
      if (before[axis] != 0 || after[axis] != 0) {
        x =
            x.index_select(
                axis, Call.vector(places(call, mode, x.size(axis), before[axis], after[axis])));
      }
    }
    return x;
  }

  private static Tensor constant(Call call, Tensor x, long[] before, long[] after) {
    long[] padding = new long[2 * before.length];
    for (int axis = 0; axis < before.length; axis++) {
      int last = 2 * (before.length - 1 - axis);
      padding[last] = before[axis];
      padding[last + 1] = after[axis];
    }
    if (call.has(2) && call.in(2).requires_grad()) {
      Tensor inside = torch.constant_pad_nd(torch.ones_like(x.detach()), padding, Call.scalar(0L));
      return torch.where(
          inside.eq(Call.scalar(1.0)),
          torch.constant_pad_nd(x, padding, Call.scalar(0L)),
          call.in(2));
    }
    boolean isBool = x.scalar_type().intern() == ScalarType.Bool;
    Tensor wide = isBool ? x.to(ScalarType.Byte) : x;
    Tensor padded =
        torch.constant_pad_nd(wide, padding, call.has(2) ? call.in(2).item() : Call.scalar(0L));
    return isBool ? padded.to(ScalarType.Bool) : padded;
  }

  private static long[] places(Call call, String mode, long size, long before, long after) {
    long[] places = new long[Math.toIntExact(before + size + after)];
    for (int k = 0; k < places.length; k++) {
      long place = k - before;
      places[k] =
          switch (mode) {
            case "edge" -> Math.clamp(place, 0L, size - 1);
            case "wrap" -> Math.floorMod(place, size);
            case "reflect" -> {
              long period = Math.max(1, 2 * (size - 1));
              long within = Math.floorMod(place, period);
              yield Math.min(within, period - within);
            }
            default -> throw call.invalid("mode '" + mode + "'");
          };
    }
    return places;
  }
}
