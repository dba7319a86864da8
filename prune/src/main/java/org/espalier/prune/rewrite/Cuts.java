package org.espalier.prune.rewrite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Operators that take parts of an axis: Split, Gather, Pad, and what is left of a shuffle. */
final class Cuts {
  /** From here on, sizes and axes are inputs of Split. */
  private static final long SIZES_AS_INPUT = 13;

  /** From here on, paddings are an input of Pad. */
  private static final long PADS_AS_INPUT = 11;

  private Cuts() {}

  /** Sizes are written out where the parts aren't what the node would make by itself. */
  static void split(Node node, Edit edit) {
    String x = node.inputs().getFirst();
    int axis = edit.axis(x, node.integer("axis", 0));
    if (!edit.extents().changes(x, axis)) {
      edit.emit(node);
      return;
    }
    long[] sizes =
        node.outputs().stream().mapToLong(output -> edit.extents().size(output, axis)).toArray();
    boolean implicit =
        node.input(1).isEmpty() && !node.has("split") && node.integer("num_outputs", -1) < 0;
    if (implicit && LongStream.of(sizes).allMatch(size -> size == sizes[0])) {
      edit.emit(node);
    } else if (edit.opset() < SIZES_AS_INPUT) {
      edit.emit(node.with("split", Attribute.of(sizes)));
    } else {
      var attributes = new LinkedHashMap<>(node.attributes());
      attributes.remove("num_outputs");
      edit.emit(node.withInputs(List.of(x, edit.vector(sizes))).withAttributes(attributes));
    }
  }

  /** Indices that the file fixes point to the new places. */
  static void gather(Node node, Edit edit) {
    Extents extents = edit.extents();
    String data = node.inputs().getFirst();
    String indices = node.inputs().get(1);
    int axis = edit.axis(data, node.integer("axis", 0));
    String output = node.outputs().getFirst();
    int rank = extents.rank(indices);
    boolean fewer = false;
    for (int k = 0; k < rank; k++) {
      fewer |= extents.changes(output, axis + k);
    }
    if (!extents.changes(data, axis) && !fewer) {
      edit.emit(node);
      return;
    }
    Tensor before =
        edit.constant(node, 1)
            .orElseThrow(() -> Edit.error(node, "its indices aren't known before it runs"));
    int[][] kept = new int[rank][];
    for (int k = 0; k < rank; k++) {
      kept[k] = extents.changes(output, axis + k) ? extents.kept(output, axis + k) : null;
    }
    Tensor fewerIndices = Gathered.of(before, kept);
    Tensor after = Tensor.allocate(before.type(), fewerIndices.dims());
    int[] places = extents.places(data, axis);
    for (long k = 0; k < after.size(); k++) {
      long index = fewerIndices.integerAt(k);
      long from = index < 0 ? index + places.length : index;
      after.setReal(k, (double) place(node, places, from));
    }
    if (places.length == 0) {
      edit.emit(Edit.withInput(node, 1, edit.constant(fewerIndices)));
    } else {
      edit.emit(Edit.withInput(node, 1, edit.constant(after)));
    }
  }

  private static long place(Node node, int[] places, long index) {
    if (places.length == 0) {
      return index;
    }
    long place = places[(int) index];
    if (place < 0) {
      throw Edit.error(node, "takes entry " + index + ", which goes");
    }
    return place;
  }

  /** Of added channels, those that are tied to others which go are added no more. */
  static void pad(Node node, Edit edit) {
    Extents extents = edit.extents();
    String x = node.inputs().getFirst();
    String y = node.outputs().getFirst();
    if (!extents.changes(y)) {
      edit.emit(node);
      return;
    }
    long[] pads = pads(node, edit);
    long[] axes = axes(node, edit, pads.length / 2);
    long[] fewer = pads.clone();
    int count = pads.length / 2;
    for (int k = 0; k < count; k++) {
      int axis = edit.axis(x, axes[k]);
      if (extents.changes(y, axis)) {
        long before = pads[k];
        long size = extents.before(x, axis).sizeOr(-1);
        if (before < 0 || pads[count + k] < 0 || size < 0) {
          throw Edit.error(node, "crops axis " + axis + " or pads one of open size");
        }
        int[] kept = extents.kept(y, axis);
        fewer[k] = Arrays.stream(kept).filter(index -> index < before).count();
        fewer[count + k] = Arrays.stream(kept).filter(index -> index >= before + size).count();
      }
    }
    if (Arrays.equals(pads, fewer)) {
      edit.emit(node);
    } else if (edit.opset() >= PADS_AS_INPUT) {
      edit.emit(Edit.withInput(node, 1, edit.vector(fewer)));
    } else {
      edit.emit(node.with("pads", Attribute.of(fewer)));
    }
  }

  private static long[] pads(Node node, Edit edit) {
    if (edit.opset() < PADS_AS_INPUT) {
      return node.integers("pads").or(() -> node.integers("paddings")).orElseThrow();
    }
    return edit.constant(node, 1)
        .orElseThrow(() -> Edit.error(node, "its paddings aren't known before it runs"))
        .integers();
  }

  private static long[] axes(Node node, Edit edit, int count) {
    return edit.constant(node, 3)
        .map(Tensor::integers)
        .orElseGet(() -> LongStream.range(0, count).toArray());
  }

  /** The channels that stay, taken in the shuffle's order. */
  static void shuffle(String input, String output, int axis, int[] sources, Edit edit) {
    int[] places = edit.extents().places(input, axis);
    var indices = new ArrayList<Long>();
    for (int index : edit.extents().kept(output, axis)) {
      indices.add((long) places[sources[index]]);
    }
    long[] taken = indices.stream().mapToLong(Long::longValue).toArray();
    assert LongStream.of(taken).allMatch(index -> index >= 0) : "a shuffled channel has gone";
    edit.finish("Gather", Map.of("axis", Attribute.of(axis)), output, input, edit.vector(taken));
  }
}
