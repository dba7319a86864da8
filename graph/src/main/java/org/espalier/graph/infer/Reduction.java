package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import org.espalier.graph.DataType;

/** Operators that fold axes into one element, or pick from them. */
final class Reduction {
  private static final List<String> PLAIN =
      List.of(
          "ReduceL1",
          "ReduceL2",
          "ReduceLogSum",
          "ReduceLogSumExp",
          "ReduceMean",
          "ReduceSumSquare");

  private Reduction() {}

  static void addTo(Map<String, Rule> rules) {
    PLAIN.forEach(op -> rules.put(op, Reduction::reduce));
    rules.put("ReduceSum", call -> reduce(call, Size::plus));
    rules.put("ReduceProd", call -> reduce(call, Size::times));
    rules.put("ReduceMax", call -> reduce(call, Size::max));
    rules.put("ReduceMin", call -> reduce(call, Size::min));
    rules.put("ArgMax", Reduction::pick);
    rules.put("ArgMin", Reduction::pick);
    rules.put("TopK", Reduction::topK);
  }

  private static void reduce(Call call) {
    call.element(0, call.element(0));
    Dims in = call.dims(0);
    boolean keep = call.node().integer("keepdims", 1) != 0;
    Optional<long[]> axes;
    try {
      axes = call.numbers("axes", 1);
    } catch (Unresolved open) {
      if (keep) {
        call.dims(0, Dims.unknown(in.rank()));
        return;
      }
      throw open;
    }
    if (axes.isEmpty() || axes.get().length == 0) {
      boolean nothing = call.node().integer("noop_with_empty_axes", 0) != 0;
      call.dims(0, nothing ? in : reduced(in, allOf(in.rank()), keep));
    } else {
      call.dims(0, reduced(in, call.axes(axes.get(), in.rank()), keep));
    }
  }

  private static boolean[] allOf(int rank) {
    var all = new boolean[rank];
    Arrays.fill(all, true);
    return all;
  }

  private static Dims reduced(Dims in, boolean[] axes, boolean keep) {
    var sizes = new ArrayList<Size>();
    for (int axis = 0; axis < axes.length; axis++) {
      if (!axes[axis]) {
        sizes.add(in.at(axis));
      } else if (keep) {
        sizes.add(Size.ONE);
      }
    }
    return new Dims(sizes);
  }

  /** A reduction of the elements too, where it is of a whole vector. */
  private static void reduce(Call call, BinaryOperator<Size> operator) {
    reduce(call);
    Dims in = call.dims(0);
    Dims out = call.results().getFirst().dims();
    if (in.rank() == 1 && out.elements().is(1)) {
      call.entries(0)
          .filter(entries -> entries.length > 0)
          .ifPresent(entries -> call.entries(0, fold(entries, operator)));
    }
  }

  private static Size fold(Size[] entries, BinaryOperator<Size> operator) {
    Size result = entries[0];
    for (int k = 1; k < entries.length && result != null; k++) {
      result = entries[k] == null ? null : operator.apply(result, entries[k]);
    }
    return result;
  }

  private static void pick(Call call) {
    call.element(0, DataType.INT64);
    Dims in = call.dims(0);
    var axes = new boolean[in.rank()];
    axes[call.axisAttribute(0, in.rank())] = true;
    call.dims(0, reduced(in, axes, call.node().integer("keepdims", 1) != 0));
  }

  private static void topK(Call call) {
    call.element(0, call.element(0));
    call.element(1, DataType.INT64);
    Dims in = call.dims(0);
    int axis = call.axisAttribute(-1, in.rank());
    Size k = count(call);
    if (Dims.differ(k, in.at(axis)) && k.fixed() > in.at(axis).fixed()) {
      throw call.error(
          "the largest %s are asked, input %s has %s on axis %d"
              .formatted(k, call.name(0), in.at(axis), axis));
    }
    call.dims(0, in.with(axis, k));
    call.dims(1, in.with(axis, k));
  }

  private static Size count(Call call) {
    if (call.node().has("k")) {
      return Size.of(call.node().integer("k", 0));
    }
    return call.entries(1)
        .filter(entries -> entries.length == 1 && entries[0] != null)
        .map(entries -> entries[0])
        .orElseGet(Size::unknown);
  }
}
