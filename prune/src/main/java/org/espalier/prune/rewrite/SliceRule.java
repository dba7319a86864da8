package org.espalier.prune.rewrite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * Slice: new bounds where the kept indices are still evenly spaced, otherwise a Gather after it.
 * Bounds of other axes, which may be known only when the model runs, stay.
 */
final class SliceRule {
  /** From here on, bounds are inputs. */
  private static final long BOUNDS_AS_INPUTS = 10;

  private final Node node;
  private final Edit edit;
  private final List<Integer> stay = new ArrayList<>(); // bounds that don't change, by place
  private final List<long[]> changed = new ArrayList<>(); // axis, start, end, step
  private final Map<Integer, long[]> gathered = new LinkedHashMap<>(); // indices by axis

  private SliceRule(Node node, Edit edit) {
    this.node = node;
    this.edit = edit;
  }

  static void rewrite(Node node, Edit edit) {
    boolean changes = edit.extents().changes(node.inputs().getFirst());
    if (changes) {
      new SliceRule(node, edit).rewrite();
    } else {
      edit.emit(node);
    }
  }

  private void rewrite() {
    String x = node.inputs().getFirst();
    int count = count();
    long[] axes = bound("axes", 3);
    boolean any = false;
    for (int k = 0; k < count; k++) {
      int axis = edit.axis(x, axes == null ? k : axes[k]);
      if (!edit.extents().changes(x, axis) || isWhole(axis)) {
        stay.add(k);
      } else {
        any = true;
        cut(axis, indices(axis, k));
      }
    }
    if (!any) {
      edit.emit(node);
      return;
    }
    emit(x, axes);
  }

  /** Whether the axis is passed on whole and in order, however the bounds say so. */
  private boolean isWhole(int axis) {
    Extents extents = edit.extents();
    String x = node.inputs().getFirst();
    String y = node.outputs().getFirst();
    return extents.before(x, axis).equals(extents.before(y, axis))
        && Arrays.equals(extents.kept(x, axis), extents.kept(y, axis));
  }

  private int count() {
    return edit.opset() < BOUNDS_AS_INPUTS
        ? node.integers("starts").orElseThrow().length
        : (int) edit.extents().before(node.inputs().get(1), 0).sizeOr(0);
  }

  /** Bounds that the file fixes, null where it doesn't; {@code axes} also where it gives none. */
  private long[] bound(String name, int input) {
    if (edit.opset() < BOUNDS_AS_INPUTS) {
      return node.integers(name).orElse(null);
    }
    return edit.constant(node, input).map(Tensor::integers).orElse(null);
  }

  /** The new places of what the slice takes and stays. */
  private long[] indices(int axis, int k) {
    String x = node.inputs().getFirst();
    String y = node.outputs().getFirst();
    long size = edit.extents().before(x, axis).sizeOr(-1);
    long[] steps = edit.opset() < BOUNDS_AS_INPUTS ? null : bound("steps", 4);
    long step = steps == null ? 1 : steps[k];
    long first = start(k);
    if (size < 0 || (node.input(4).isPresent() && steps == null)) {
      throw Edit.error(node, "its bounds on axis " + axis + " aren't known before it runs");
    }
    first = first < 0 ? first + size : first;
    first = Math.clamp(first, 0, step < 0 ? size - 1 : size);
    int[] places = edit.extents().places(x, axis);
    int[] kept = edit.extents().kept(y, axis);
    if (kept.length == 0) { // all that it takes stays
      kept = IntStream.range(0, (int) edit.extents().before(y, axis).sizeOr(0)).toArray();
    }
    long[] indices = new long[kept.length];
    for (int n = 0; n < kept.length; n++) {
      indices[n] = places[(int) (first + kept[n] * step)];
      if (indices[n] < 0) {
        throw Edit.error(node, "entry " + kept[n] + " of axis " + axis + " goes, its slice stays");
      }
    }
    return indices;
  }

  private long start(int k) {
    long[] starts = bound("starts", 1);
    if (starts != null) {
      return starts[k];
    }
    return edit.extents()
        .shapes()
        .elements(node.inputs().get(1))
        .map(elements -> elements.get(k).sizeOr(-1))
        .filter(start -> start >= 0)
        .orElseThrow(() -> Edit.error(node, "its start isn't known before it runs"));
  }

  private void cut(int axis, long[] indices) {
    long step = indices.length > 1 ? indices[1] - indices[0] : 1;
    boolean even = step != 0 && indices.length > 0;
    for (int n = 2; n < indices.length; n++) {
      even &= indices[n] - indices[n - 1] == step;
    }
    if (even && (step == 1 || edit.opset() >= BOUNDS_AS_INPUTS)) {
      long end = indices[indices.length - 1] + step;
      changed.add(new long[] {axis, indices[0], end < 0 ? Long.MIN_VALUE : end, step});
    } else {
      gathered.put(axis, indices);
    }
  }

  private void emit(String x, long... axes) {
    String value = x;
    boolean slices = !stay.isEmpty() || !changed.isEmpty();
    String output = node.outputs().getFirst();
    if (slices) {
      String next = gathered.isEmpty() ? output : edit.fresh(output + "/slice");
      edit.emit(edit.opset() < BOUNDS_AS_INPUTS ? attributes(next, axes) : inputs(next, axes));
      value = next;
    }
    int left = gathered.size();
    for (Map.Entry<Integer, long[]> cut : gathered.entrySet()) {
      String next = --left == 0 ? output : edit.fresh(output + "/gather");
      Map<String, Attribute> axis = Map.of("axis", Attribute.of(cut.getKey()));
      edit.finish("Gather", axis, next, value, edit.vector(cut.getValue()));
      value = next;
    }
  }

  private Node attributes(String output, long... axes) {
    long[] starts = node.integers("starts").orElseThrow();
    long[] ends = node.integers("ends").orElseThrow();
    var attributes = new LinkedHashMap<String, Attribute>();
    attributes.put("axes", Attribute.of(joined(places(axes), 0)));
    attributes.put("starts", Attribute.of(joined(starts, 1)));
    attributes.put("ends", Attribute.of(joined(ends, 2)));
    return node.withAttributes(attributes).withOutputs(List.of(output));
  }

  /** The axes, which count from 0 on where the node doesn't name them. */
  private long[] places(long... axes) {
    if (axes != null) {
      return axes;
    }
    return LongStream.range(0, count()).toArray();
  }

  /** The bounds that stay, then the changed ones' part {@code k}. */
  private long[] joined(long[] bounds, int k) {
    long[] joined = new long[stay.size() + changed.size()];
    for (int n = 0; n < stay.size(); n++) {
      joined[n] = bounds[stay.get(n)];
    }
    for (int n = 0; n < changed.size(); n++) {
      joined[stay.size() + n] = changed.get(n)[k];
    }
    return joined;
  }

  private Node inputs(String output, long... axes) {
    long[] ones = new long[count()];
    Arrays.fill(ones, 1);
    String steps = node.input(4).isPresent() ? operand(4, 3) : vector(joined(ones, 3));
    return node.withInputs(
            List.of(
                node.inputs().getFirst(),
                operand(1, 1),
                operand(2, 2),
                vector(joined(places(axes), 0)),
                steps))
        .withOutputs(List.of(output));
  }

  private String operand(int input, int k) {
    long[] known = bound("", input);
    if (known != null) {
      return vector(joined(known, k));
    }
    String own = vector(changed.stream().mapToLong(bounds -> bounds[k]).toArray());
    if (stay.isEmpty()) {
      return own;
    }
    long[] taken = stay.stream().mapToLong(Integer::longValue).toArray();
    Map<String, Attribute> first = Map.of("axis", Attribute.of(0));
    String open = edit.add("Gather", first, node.inputs().get(input), edit.vector(taken));
    return changed.isEmpty() ? open : edit.add("Concat", first, open, own);
  }

  /** Numbers of the type that the node's bounds have, which must be one. */
  private String vector(long... values) {
    boolean narrow =
        edit.extents().shapes().element(node.inputs().get(1)).equals(Optional.of(DataType.INT32));
    if (!narrow) {
      return edit.vector(values);
    }
    int[] narrowed = new int[values.length];
    Arrays.setAll(narrowed, k -> Math.clamp(values[k], Integer.MIN_VALUE, Integer.MAX_VALUE));
    return edit.constant(Tensor.of(narrowed));
  }
}
