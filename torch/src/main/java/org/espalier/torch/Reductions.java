package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Reductions over axes, and running sums and products along one. */
final class Reductions {
  private Reductions() {}

  /** What is done with the elements of a fibre; the result keeps the axes, with size one. */
  @FunctionalInterface
  private interface Fold {
    Tensor apply(Tensor x, long[] axes);
  }

  static void register(Rules.Table table) {
    reduction(table, "ReduceSum", Reductions::sum);
    reduction(table, "ReduceMean", Reductions::mean);
    reduction(table, "ReduceMax", (x, axes) -> extreme(x, axes, true));
    reduction(table, "ReduceMin", (x, axes) -> extreme(x, axes, false));
    reduction(table, "ReduceProd", Reductions::product);
    reduction(table, "ReduceL1", (x, axes) -> sum(x.abs(), axes));
    reduction(table, "ReduceL2", Reductions::norm);
    reduction(table, "ReduceSumSquare", (x, axes) -> sum(x.square(), axes));
    reduction(table, "ReduceLogSum", (x, axes) -> inDouble(x, wide -> sum(wide, axes).log()));
    reduction(
        table, "ReduceLogSumExp", (x, axes) -> inDouble(x, wide -> wide.logsumexp(axes, true)));
    table.single("ArgMax", call -> place(call, true));
    table.single("ArgMin", call -> place(call, false));
    table.single("CumSum", call -> running(call, true));
    table.single("CumProd", call -> running(call, false));
  }

  private static void reduction(Rules.Table table, String op, Fold fold) {
    table.single(op, call -> reduce(call, fold));
  }

  private static Tensor reduce(Call call, Fold fold) {
    Tensor x = call.in(0);
    long[] axes = call.has(1) ? call.longs(1) : new long[0];
    if (axes.length == 0) {
      if (call.flag("noop_with_empty_axes", false)) {
        return fold.apply(x.unsqueeze(-1), new long[] {x.dim()}).squeeze(-1);
      }
      axes = new long[(int) x.dim()];
      Arrays.setAll(axes, axis -> axis);
    }
    for (int k = 0; k < axes.length; k++) {
      axes[k] = call.axis(axes[k], x.dim());
    }
    if (x.dim() == 0) {
      return fold.apply(x.unsqueeze(0), new long[] {0}).squeeze(0);
    }
    Tensor reduced = fold.apply(x, axes);
    if (call.flag("keepdims", true)) {
      return reduced;
    }
    return reduced.squeeze(axes);
  }

  private static Tensor sum(Tensor x, long[] axes) {
    return x.sum(axes, true, new ScalarTypeOptional(x.scalar_type()));
  }

  private static Tensor mean(Tensor x, long[] axes) {
    return inDouble(x, wide -> wide.mean(axes, true, Call.sameType()));
  }

  private static Tensor norm(Tensor x, long[] axes) {
    return inDouble(x, wide -> sum(wide.square(), axes).sqrt());
  }

  /** Integers go through doubles, and back towards zero. */
  private static Tensor inDouble(Tensor x, UnaryOperator<Tensor> function) {
    return x.is_floating_point()
        ? function.apply(x)
        : function.apply(x.to(ScalarType.Double)).to(x.scalar_type());
  }

  private static Tensor extreme(Tensor x, long[] axes, boolean max) {
    long[] shape = Libtorch.shape(x);
    boolean empty = Arrays.stream(axes).anyMatch(axis -> shape[(int) axis] == 0);
    if (!empty) {
      return max ? x.amax(axes, true) : x.amin(axes, true);
    }
    for (long axis : axes) {
      shape[(int) axis] = 1;
    }
    double least = max ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    return x.is_floating_point()
        ? Call.full(shape, scalar(least), x.scalar_type())
        : Call.full(shape, limit(x.scalar_type().intern(), max), x.scalar_type());
  }

  private static Scalar limit(ScalarType type, boolean least) {
    return switch (type) {
      case Bool -> scalar(least ? 0L : 1L);
      case Byte -> scalar(least ? 0L : 255L);
      case Char -> scalar((long) (least ? java.lang.Byte.MIN_VALUE : java.lang.Byte.MAX_VALUE));
      case Short -> scalar((long) (least ? java.lang.Short.MIN_VALUE : java.lang.Short.MAX_VALUE));
      case Int -> scalar((long) (least ? Integer.MIN_VALUE : Integer.MAX_VALUE));
      default -> scalar(least ? java.lang.Long.MIN_VALUE : java.lang.Long.MAX_VALUE);
    };
  }

  private static Tensor product(Tensor x, long[] axes) {
    Tensor result = x;
    for (long axis : axes) {
      result = result.prod(axis, true, new ScalarTypeOptional(x.scalar_type()));
    }
    return result;
  }

  private static Tensor place(Call call, boolean max) {
    Tensor x = call.in(0);
    int axis = call.axis("axis", 0, x.dim());
    boolean last = call.flag("select_last_index", false);
    Tensor from = last ? x.flip(axis) : x;
    var along = new LongOptional(axis);
    boolean keep = call.flag("keepdims", true);
    Tensor place = max ? from.argmax(along, keep) : from.argmin(along, keep);
    return last ? place.neg().add(scalar(x.size(axis) - 1)) : place;
  }

  private static Tensor running(Call call, boolean sum) {
    Tensor x = call.in(0);
    int axis = call.axis(call.integer(1), x.dim());
    boolean reverse = call.flag("reverse", false);
    Tensor from = reverse ? x.flip(axis) : x;
    if (call.flag("exclusive", false)) {
      // Begin with the neutral element and leave the last one out.
      long[] padding = new long[2 * (int) x.dim()];
      int at = 2 * ((int) x.dim() - 1 - axis);
      padding[at] = 1;
      padding[at + 1] = -1;
      from = torch.constant_pad_nd(from, padding, scalar(sum ? 0L : 1L));
    }
    var type = new ScalarTypeOptional(x.scalar_type());
    Tensor result = sum ? from.cumsum(axis, type) : from.cumprod(axis, type);
    return reverse ? result.flip(axis) : result;
  }
}
