package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.espalier.graph.Dim;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.infer.Shapes;

/**
 * Which entries of which values go together: a union-find over the indices of all axes, numbered
 * through. An entry that must stay makes all stay that are tied to it.
 */
class Ties {
  /** Axes longer than this are no channels; they are one entry, which stays. */
  private static final int LONGEST = 1 << 20;

  private final Shapes shapes;
  private final List<Axis> axes = new ArrayList<>();
  private final Map<String, Known> values = new HashMap<>();
  private final Set<Axis> made = new HashSet<>();
  private final Set<Axis> read = new HashSet<>();
  private final List<Frozen> reasons = new ArrayList<>();
  private final List<Balance> balances = new ArrayList<>();
  private int[] starts = new int[64];
  private int[] parents = new int[1024];

  /** Why a root must stay, by the reason's number; 0 where it needn't. */
  private int[] stays = new int[1024];

  private int size;

  Ties(Shapes shapes) {
    this.shapes = shapes;
    reasons.add(new Frozen(new Axis("", 0), "", ""));
  }

  /**
   * A value of known rank.
   *
   * @param numbers of its axes
   * @param extents how many indices each has
   */
  private record Known(Shape shape, int[] numbers, int[] extents) {}

  /** A copy of what is tied and fixed, to go back to. */
  record State(int[] parents, int[] stays, int reasons, int balances) {}

  State state() {
    return new State(
        Arrays.copyOf(parents, size), Arrays.copyOf(stays, size), reasons.size(), balances.size());
  }

  /** Forgets what was tied and fixed since; no value was added meanwhile. */
  void restore(State state) {
    assert state.parents.length == size : state.parents.length + " entries, now " + size;
    System.arraycopy(state.parents, 0, parents, 0, size);
    System.arraycopy(state.stays, 0, stays, 0, size);
    reasons.subList(state.reasons, reasons.size()).clear();
    balances.subList(state.balances, balances.size()).clear();
  }

  /** Numbers the axes of a value of known rank. */
  void add(String value) {
    if (values.containsKey(value) || shapes.rank(value) < 0) {
      return;
    }
    Shape shape = shapes.shape(value).orElseThrow();
    var known = new Known(shape, new int[shape.rank()], new int[shape.rank()]);
    values.put(value, known);
    for (int axis = 0; axis < shape.rank(); axis++) {
      long period = shapes.period(value, axis);
      known.numbers[axis] = axes.size();
      known.extents[axis] = period > LONGEST ? 1 : (int) period;
      grow(known.extents[axis]);
      axes.add(new Axis(value, axis));
      if (!shape.dim(axis).isFixed() && period == 1) {
        fix(value, axis, "", "its size is open");
      } else if (period > LONGEST) {
        fix(value, axis, "", "longer than " + LONGEST);
      }
    }
  }

  private void grow(int extent) {
    if (axes.size() + 1 >= starts.length) {
      starts = Arrays.copyOf(starts, 2 * starts.length);
    }
    starts[axes.size()] = size;
    starts[axes.size() + 1] = size + extent;
    int end = Math.addExact(size, extent);
    if (end > parents.length) {
      int room = (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(end, 2L * parents.length));
      parents = Arrays.copyOf(parents, room);
      stays = Arrays.copyOf(stays, room);
    }
    for (int k = size; k < end; k++) {
      parents[k] = k;
    }
    size = end;
  }

  /** How many indices an axis has: its size, the period of an open one. */
  int extent(String value, int axis) {
    return known(value).extents[axis];
  }

  /** The shape of a value of known rank. */
  Shape shape(String value) {
    return known(value).shape;
  }

  private Known known(String value) {
    Known known = values.get(value);
    if (known == null) {
      throw new Refusal("the rank of '" + value + "' isn't known");
    }
    return known;
  }

  int entries() {
    return size;
  }

  List<Axis> axes() {
    return axes;
  }

  /** The entry of an axis's first index, by the axis's number; the others follow. */
  int start(int axis) {
    return starts[axis];
  }

  int end(int axis) {
    return starts[axis + 1];
  }

  /** The number of an axis, or -1. */
  int number(String value, int axis) {
    Known known = values.get(value);
    return known == null || axis >= known.numbers.length ? -1 : known.numbers[axis];
  }

  private int first(String value, int axis) {
    return starts[known(value).numbers[axis]];
  }

  int root(int entry) {
    int at = entry;
    while (parents[at] != at) {
      parents[at] = parents[parents[at]];
      at = parents[at];
    }
    return at;
  }

  void unite(int a, int b) {
    int x = root(a);
    int y = root(b);
    if (x == y) {
      return;
    }
    int low = Math.min(x, y);
    int high = Math.max(x, y);
    parents[high] = low;
    if (stays[low] == 0 || (stays[high] != 0 && stays[high] < stays[low])) {
      stays[low] = stays[high];
    }
  }

  void same(String a, int axisA, String b, int axisB, Node node) {
    int x = first(a, axisA);
    int y = first(b, axisB);
    Dim dimA = shape(a).dim(axisA);
    Dim dimB = shape(b).dim(axisB);
    int extent = extent(a, axisA);
    if (extent != extent(b, axisB) || (extent > 1 && !dimA.equals(dimB))) {
      String reason = "of sizes %s and %s, which may differ".formatted(dimA, dimB);
      fix(a, axisA, node.label(), reason);
      fix(b, axisB, node.label(), reason);
      return;
    }
    for (int k = 0; k < extent; k++) {
      unite(x + k, y + k);
    }
  }

  void map(String a, int axisA, String b, int axisB, IntUnaryOperator other) {
    int x = first(a, axisA);
    int y = first(b, axisB);
    int extent = extent(a, axisA);
    int limit = extent(b, axisB);
    for (int k = 0; k < extent; k++) {
      int to = other.applyAsInt(k);
      if (to >= limit) {
        throw new Refusal(
            "index %d of axis %d of '%s', which has %d".formatted(to, axisB, b, limit));
      }
      if (to >= 0) {
        unite(x + k, y + to);
      }
    }
  }

  void fix(String value, int axis, String node, String reason) {
    int number = number(value, axis);
    if (number < 0) {
      return;
    }
    int why = reason(value, axis, node, reason);
    for (int k = starts[number]; k < starts[number + 1]; k++) {
      stay(k, why);
    }
  }

  void fixAll(String value, String node, String reason) {
    for (int axis = 0; axis < shapes.rank(value); axis++) {
      fix(value, axis, node, reason);
    }
  }

  void fix(String value, int axis, int index, String node, String reason) {
    stay(first(value, axis) + index, reason(value, axis, node, reason));
  }

  /** An entry must stay, and what is tied to it. */
  void fix(int entry, String reason) {
    int number = Arrays.binarySearch(starts, 0, axes.size(), entry);
    while (number < 0 || starts[number + 1] <= entry) { // before empty axes, or within one
      number = number < 0 ? -number - 2 : number + 1;
    }
    Axis axis = axes.get(number);
    stay(entry, reason(axis.value(), axis.axis(), "", reason));
  }

  private int reason(String value, int axis, String node, String reason) {
    reasons.add(new Frozen(new Axis(value, axis), node, reason));
    return reasons.size() - 1;
  }

  private void stay(int entry, int why) {
    int root = root(entry);
    if (stays[root] == 0) {
      stays[root] = why;
    }
  }

  boolean isFixed(int entry) {
    return stays[root(entry)] != 0;
  }

  /** Whether all indices of an axis must stay. */
  boolean isFixed(String value, int axis) {
    int number = number(value, axis);
    for (int k = number < 0 ? 0 : starts[number]; number >= 0 && k < starts[number + 1]; k++) {
      if (!isFixed(k)) {
        return false;
      }
    }
    return true;
  }

  /** Why an entry must stay: who said so first, and of which axis. */
  Optional<Frozen> reason(int entry) {
    int why = stays[root(entry)];
    return why == 0 ? Optional.empty() : Optional.of(reasons.get(why));
  }

  /** Blocks that lose as much each, as is seen to when all ties are known. */
  void balance(Balance balance) {
    balances.add(balance);
  }

  List<Balance> balances() {
    return balances;
  }

  void makes(String value, int axis) {
    made.add(new Axis(value, axis));
  }

  void reads(String value, int axis) {
    read.add(new Axis(value, axis));
  }

  Set<Axis> made() {
    return made;
  }

  Set<Axis> read() {
    return read;
  }
}
