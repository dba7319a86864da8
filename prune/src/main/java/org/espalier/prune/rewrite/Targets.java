package org.espalier.prune.rewrite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.stream.LongStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.Dim;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * Operators that are told sizes by an operand. Numbers are written as the numbers that they become;
 * what depends on open sizes stays as it was computed, scaled where a part of it goes.
 */
final class Targets {
  private Targets() {}

  /** Reshape: what is open is copied from the input or left to the operator where that will do. */
  static void reshape(Node node, Edit edit) {
    Extents extents = edit.extents();
    String x = node.inputs().getFirst();
    String y = node.outputs().getFirst();
    if (!extents.changes(x) && !extents.changes(y)) {
      edit.emit(node);
      return;
    }
    if (node.input(1).isEmpty()) {
      long[] shape = node.integers("shape").orElseThrow();
      edit.emit(node.with("shape", Attribute.of(reshaped(shape, node, extents))));
      return;
    }
    Optional<Tensor> constant = edit.constant(node, 1);
    if (constant.isPresent()) {
      long[] before = constant.get().integers();
      long[] after = reshaped(before, node, extents);
      edit.emit(Arrays.equals(before, after) ? node : Edit.withInput(node, 1, edit.vector(after)));
      return;
    }
    edit.emit(Edit.withInput(node, 1, open(node, edit)));
  }

  /** A target that the file fixes, with the sizes that change. */
  private static long[] reshaped(long[] target, Node node, Extents extents) {
    String x = node.inputs().getFirst();
    String y = node.outputs().getFirst();
    long[] after = target.clone();
    for (int axis = 0; axis < after.length; axis++) {
      if (!(extents.changes(y, axis) && extents.after(y, axis) instanceof Dim.Fixed(long size))) {
        continue;
      }
      boolean copied =
          target[axis] == 0 && axis < extents.rank(x) && extents.after(x, axis).sizeOr(-1) == size;
      if (target[axis] > 0 || (target[axis] == 0 && !copied)) {
        after[axis] = size;
      }
    }
    return after;
  }

  private static String open(Node node, Edit edit) {
    Extents extents = edit.extents();
    String x = node.inputs().getFirst();
    String y = node.outputs().getFirst();
    boolean copies = node.integer("allowzero", 0) == 0;
    var entries = new ArrayList<Sizes.Entry>();
    var left = new ArrayList<Integer>();
    int rest = rest(node.inputs().get(1), edit);
    for (int axis = 0; axis < extents.rank(y); axis++) {
      Dim before = extents.before(y, axis);
      if (before.isFixed()) {
        entries.add(new Sizes.Entry.Fixed(extents.size(y, axis)));
      } else if (copies
          && axis < extents.rank(x)
          && before instanceof Dim.Symbol
          && before.equals(extents.before(x, axis))
          && !extents.changes(x, axis)
          && !extents.changes(y, axis)) {
        entries.add(new Sizes.Entry.Fixed(0));
      } else {
        left.add(axis);
        entries.add(old(y, axis, axis, extents));
      }
    }
    if (rest < 0) {
      rest = left.size() == 1 ? left.getFirst() : firstChanged(left, y, extents);
    }
    if (rest >= 0 && left.contains(rest)) {
      entries.set(rest, new Sizes.Entry.Fixed(-1));
    }
    return Sizes.of(node.inputs().get(1), entries, edit);
  }

  /** The axis that the target leaves to the operator by a -1 of its own, or -1. */
  private static int rest(String target, Edit edit) {
    Node concat = edit.producer(target).filter(node -> node.is("Concat")).orElse(null);
    long axis = 0;
    for (String part : concat == null ? List.<String>of() : concat.inputs()) {
      long[] values = edit.extents().shapes().constant(part).map(Tensor::integers).orElse(null);
      for (int k = 0; values != null && k < values.length; k++) {
        if (values[k] == -1) {
          return (int) axis + k;
        }
      }
      axis += edit.extents().before(part, 0).sizeOr(1);
    }
    return -1;
  }

  private static int firstChanged(List<Integer> axes, String value, Extents extents) {
    return axes.stream().filter(axis -> extents.changes(value, axis)).findFirst().orElse(-1);
  }

  private static Sizes.Entry old(String value, int axis, int index, Extents extents) {
    return extents.changes(value, axis)
        ? new Sizes.Entry.Old(index, extents.kept(value, axis).length, extents.period(value, axis))
        : new Sizes.Entry.Old(index);
  }

  /** Expand and ConstantOfShape: the result's sizes, or its last ones; 1 where the data decide. */
  static NodeRule sizes(int operand) {
    return (node, edit) ->
        retarget(
            node,
            edit,
            operand,
            IntUnaryOperator.identity(),
            (axis, before) -> before == 1 ? 1 : edit.extents().size(result(node), axis));
  }

  /** Resize: the result's sizes, for the axes that it names where it does. */
  static void resize(Node node, Edit edit) {
    if (node.input(3).isEmpty()) {
      edit.emit(node); // scales of channels are 1
      return;
    }
    long[] axes = node.integers("axes").orElse(null);
    IntUnaryOperator axis =
        axes == null
            ? IntUnaryOperator.identity()
            : k -> edit.axis(node.inputs().getFirst(), axes[k]);
    retarget(node, edit, 3, axis, (at, _) -> edit.extents().size(result(node), at));
  }

  /** Tile: an axis of 1 is repeated once for each that stays. */
  static void tile(Node node, Edit edit) {
    String x = node.inputs().getFirst();
    retarget(
        node,
        edit,
        1,
        IntUnaryOperator.identity(),
        (axis, _) -> {
          long in = edit.extents().size(x, axis);
          long out = edit.extents().size(result(node), axis);
          if (in == 0 || out % in != 0) {
            throw Edit.error(node, "%d entries of axis %d become %d".formatted(in, axis, out));
          }
          return out / in;
        });
  }

  private static String result(Node node) {
    return node.outputs().getFirst();
  }

  /** What an entry becomes. */
  private interface Change {
    long of(int axis, long before);
  }

  private static void retarget(
      Node node, Edit edit, int operand, IntUnaryOperator axes, Change change) {
    Extents extents = edit.extents();
    String y = result(node);
    if (!extents.changes(y) || node.input(operand).isEmpty()) {
      edit.emit(node);
      return;
    }
    String old = node.inputs().get(operand);
    int length = (int) extents.before(old, 0).sizeOr(extents.rank(y));
    boolean aligned = node.attribute("axes").isEmpty();
    int offset = aligned ? extents.rank(y) - length : 0;
    Long[] known = Sizes.known(old, edit).orElseGet(() -> new Long[length]);
    var entries = new ArrayList<Sizes.Entry>();
    boolean same = true;
    for (int k = 0; k < length; k++) {
      int axis = offset + axes.applyAsInt(k);
      Sizes.Entry entry = entry(y, axis, k, known[k], change, extents);
      same &=
          entry instanceof Sizes.Entry.Fixed(long value)
              ? known[k] != null && known[k] == value
              : entry.equals(new Sizes.Entry.Old(k));
      entries.add(entry);
    }
    edit.emit(same ? node : Edit.withInput(node, operand, Sizes.of(old, entries, edit)));
  }

  private static Sizes.Entry entry(
      String y, int axis, int k, Long known, Change change, Extents extents) {
    if (extents.changes(y, axis) && extents.before(y, axis).isFixed()) {
      return new Sizes.Entry.Fixed(change.of(axis, known == null ? -1 : known));
    }
    if (known != null) {
      return new Sizes.Entry.Fixed(known);
    }
    return old(y, axis, k, extents);
  }

  /**
   * Shape of what changes: its readers get the sizes before, since what they compute with them
   * isn't always a size. Operands that are sizes have their own numbers.
   */
  static void shape(Node node, Edit edit) {
    Extents extents = edit.extents();
    String x = node.inputs().getFirst();
    String y = result(node);
    int rank = extents.rank(x);
    int start = bound(node.integer("start", 0), rank);
    int end = bound(node.integer("end", rank), rank);
    boolean[] changed = new boolean[Math.max(0, end - start)];
    for (int k = 0; k < changed.length; k++) {
      changed[k] = extents.changes(x, start + k);
    }
    boolean read =
        edit.readers(y).stream().anyMatch(reader -> !takesOthers(reader, y, changed, edit));
    if (!LongStream.range(0, changed.length).anyMatch(k -> changed[(int) k]) || !read) {
      edit.emit(node);
      return;
    }
    String now = edit.fresh(y + "/now");
    edit.emit(node.withOutputs(List.of(now)));
    var entries = new ArrayList<Sizes.Entry>();
    for (int k = 0; k < changed.length; k++) {
      entries.add(
          !changed[k]
              ? new Sizes.Entry.Old(k)
              : extents.before(x, start + k) instanceof Dim.Fixed(long size)
                  ? new Sizes.Entry.Fixed(size)
                  : new Sizes.Entry.Old(
                      k, extents.period(x, start + k), extents.kept(x, start + k).length));
    }
    edit.finish("Identity", Map.of(), y, Sizes.of(now, entries, edit));
  }

  private static int bound(long at, int rank) {
    return Math.clamp(at < 0 ? at + rank : at, 0, rank);
  }

  /** Whether a reader takes none of the sizes that change. */
  private static boolean takesOthers(Node reader, String shape, boolean[] changed, Edit edit) {
    if (!reader.is("Gather") || !reader.inputs().getFirst().equals(shape)) {
      return false;
    }
    return edit.constant(reader, 1)
        .filter(
            indices ->
                LongStream.of(indices.integers())
                    .noneMatch(k -> changed[(int) (k < 0 ? k + changed.length : k)]))
        .isPresent();
  }

  /** Size of what changes is the number of elements before, likewise. */
  static void count(Node node, Edit edit) {
    Extents extents = edit.extents();
    String x = node.inputs().getFirst();
    if (!extents.changes(x)) {
      edit.emit(node);
      return;
    }
    long by = 1;
    long over = 1;
    for (int axis = 0; axis < extents.rank(x); axis++) {
      if (extents.changes(x, axis)) {
        by *= extents.period(x, axis);
        over *= extents.kept(x, axis).length;
      }
    }
    String now = edit.fresh(result(node) + "/now");
    edit.emit(node.withOutputs(List.of(now)));
    String times = edit.add("Mul", Map.of(), now, edit.vector(by));
    String divided = edit.add("Div", Map.of(), times, edit.vector(over));
    edit.finish("Reshape", Map.of(), result(node), divided, edit.vector(new long[0]));
  }
}
