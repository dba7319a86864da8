package org.espalier.prune.rewrite;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.espalier.graph.Dim;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;
import org.espalier.prune.coupling.Axis;
import org.espalier.prune.coupling.Balance;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Removal;

/** Which indices of which axes stay, and the sizes that follow. */
final class Extents {
  private static final int[] ALL = {};

  private final Removal removal;
  private final Shapes shapes;
  private final Optional<Shapes> view;
  private final Map<String, String> same;

  /** By weight: the blocks whose entries its axis 1 goes along. */
  private final Map<String, Balance> blocks = new HashMap<>();

  private final Map<Axis, int[]> kept = new HashMap<>();

  /**
   * @param shapes of the model as it is
   * @param view the shapes of its canonical view, where the model's own have gaps
   */
  private Extents(Removal removal, Shapes shapes, Optional<Shapes> view) {
    this.removal = removal;
    this.shapes = shapes;
    this.view = view;
    this.same = same(removal.coupling());
    for (Balance balance : removal.coupling().balances()) {
      if (balance.hasWeight()) {
        blocks.put(balance.weight(), balance);
      }
    }
  }

  static Extents of(Removal removal) {
    Shapes shapes = Shapes.infer(removal.coupling().model());
    return new Extents(
        removal,
        shapes,
        shapes.gaps().isEmpty()
            ? Optional.empty()
            : Optional.of(Shapes.infer(removal.coupling().view())));
  }

  /** Values that the analysed view hasn't got, by another one of their channels that it has. */
  static Map<String, String> same(Coupling coupling) {
    Set<String> known = new HashSet<>();
    coupling.view().graph().nodes().forEach(node -> known.addAll(node.outputs()));
    var same = new HashMap<String, String>();
    for (Node node : coupling.model().graph().nodes()) {
      if (node.is("Dropout") || node.is("Identity") || node.op().startsWith("Skip")) {
        String source = same.getOrDefault(node.inputs().getFirst(), node.inputs().getFirst());
        for (String output : node.outputs()) {
          if (!known.contains(output)) {
            same.put(output, source);
          }
        }
      }
    }
    return same;
  }

  /** The same channels under other shapes: those for inputs of fixed sizes, say. */
  Extents under(Shapes shapes) {
    return new Extents(removal, shapes, Optional.empty());
  }

  Shapes shapes() {
    return shapes;
  }

  int rank(String value) {
    int rank = shapes.rank(value);
    return rank < 0 && view.isPresent() ? view.get().rank(value) : rank;
  }

  /** The size before. */
  Dim before(String value, int axis) {
    Dim own = dim(shapes, value, axis);
    return own.isFixed() || view.isEmpty() ? own : better(own, dim(view.get(), value, axis));
  }

  private static Dim better(Dim own, Dim other) {
    return other.isFixed() || own instanceof Dim.Unknown ? other : own;
  }

  private static Dim dim(Shapes shapes, String value, int axis) {
    return shapes
        .shape(value)
        .filter(shape -> axis < shape.rank())
        .map(shape -> shape.dim(axis))
        .orElse(Dim.unknown());
  }

  /** The size after; unknown for an open one that changes. */
  Dim after(String value, int axis) {
    Dim before = before(value, axis);
    if (!changes(value, axis)) {
      return before;
    }
    Axis along = along(value, axis);
    return before instanceof Dim.Fixed(long size)
        ? Dim.of(size * kept(along).length / period(along))
        : Dim.unknown();
  }

  /** The size after of an axis whose size is a number. */
  long size(String value, int axis) {
    long size = after(value, axis).sizeOr(-1);
    if (size < 0) {
      throw new IllegalStateException("the size of " + new Axis(value, axis) + " is open");
    }
    return size;
  }

  /** The shape after, where all sizes are numbers. */
  Optional<long[]> sizes(String value) {
    return shapes
        .shape(value)
        .filter(Shape::isFixed)
        .map(
            shape ->
                IntStream.range(0, shape.rank()).mapToLong(axis -> size(value, axis)).toArray());
  }

  /** Whether an index of the axis goes. */
  boolean changes(String value, int axis) {
    Axis along = along(value, axis);
    return kept(along).length < period(along);
  }

  /** The axis whose channels tell the size of this one: mostly itself. */
  private Axis along(String value, int axis) {
    Balance balance = axis == 1 ? blocks.get(value) : null;
    return balance == null ? key(value, axis) : balance.along();
  }

  /** What stays of a weight, or of what has an entry for each of its entries. */
  Tensor kept(String weight, Tensor tensor) {
    Balance balance = blocks.get(weight);
    if (balance != null && changes(weight, 1)) {
      return blocks(weight, balance, tensor);
    }
    return Gathered.of(tensor, keptByAxis(weight));
  }

  /** The kept indices of each axis, null for an axis that keeps all. */
  int[][] keptByAxis(String weight) {
    int[][] kept = new int[rank(weight)][];
    for (int axis = 0; axis < kept.length; axis++) {
      kept[axis] = changes(weight, axis) ? kept(weight, axis) : null;
    }
    return kept;
  }

  /** Of every row that stays, the entries that stay in its block. */
  private Tensor blocks(String weight, Balance balance, Tensor tensor) {
    int[] rows = kept(weight, 0);
    long[] dims = tensor.dims();
    int[] all = rows.length > 0 ? rows : IntStream.range(0, (int) dims[0]).toArray();
    int size = (int) dims[1];
    int height = (int) dims[0] / balance.blocks();
    int[] stay = kept(balance.along());
    int[] taken =
        Arrays.stream(all)
            .flatMap(
                row ->
                    Arrays.stream(stay)
                        .filter(index -> index / size == row / height)
                        .map(index -> row * size + index % size))
            .toArray();
    long[] flat = LongStream.of(dims).skip(1).toArray();
    flat[0] = dims[0] * dims[1];
    dims[0] = all.length;
    dims[1] = stay.length / balance.blocks();
    int[][] entries = new int[flat.length][];
    entries[0] = taken;
    return Gathered.of(tensor.reshape(flat), entries).reshape(dims);
  }

  /** Whether an index of any axis goes. */
  boolean changes(String value) {
    return IntStream.range(0, Math.max(0, rank(value))).anyMatch(axis -> changes(value, axis));
  }

  /** The indices that stay, up to {@link #period}; empty for an axis without channels. */
  int[] kept(String value, int axis) {
    return kept(key(value, axis));
  }

  private int[] kept(Axis axis) {
    return kept.computeIfAbsent(axis, this::found);
  }

  private int[] found(Axis axis) {
    int[] of = removal.coupling().channelsAlong(axis);
    return of.length == 0 ? ALL : removal.kept(axis);
  }

  /** After how many indices the axis' channels repeat; its size, but for an open axis. */
  int period(String value, int axis) {
    return period(key(value, axis));
  }

  private int period(Axis axis) {
    return removal.coupling().channelsAlong(axis).length;
  }

  /** The place of every index, up to {@link #period}, among those that stay; -1 where it goes. */
  int[] places(String value, int axis) {
    int[] places = new int[period(value, axis)];
    Arrays.fill(places, -1);
    int[] stay = kept(value, axis);
    for (int k = 0; k < stay.length; k++) {
      places[stay[k]] = k;
    }
    return places;
  }

  private Axis key(String value, int axis) {
    return new Axis(same.getOrDefault(value, value), axis);
  }
}
