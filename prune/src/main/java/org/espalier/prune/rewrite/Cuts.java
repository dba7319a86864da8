package org.espalier.prune.rewrite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Seam;

/** Operators that take parts of an axis: Split, Gather, Pad, and what is left of a shuffle. */
final class Cuts {
  /** From here on, sizes and axes are inputs of Split. */
  private static final long SIZES_AS_INPUT = 13;

  /** From here on, bounds and axes are inputs of Slice. */
  private static final long BOUNDS_AS_INPUT = 10;

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

  /** The channels that stay on the one side, made of those that stay on the other. */
  static void seam(Seam seam, Edit edit) {
    int[] places = edit.extents().places(seam.input(), seam.axis());
    long[] from =
        Arrays.stream(behind(seam, edit.extents()))
            .mapToLong(index -> place(places, seam.sources()[index]))
            .toArray();
    long size = edit.extents().size(seam.input(), seam.axis());
    if (LongStream.of(from).anyMatch(index -> index < 0)) {
      filled(seam, from, size, edit);
    } else {
      taken(seam, from, size, edit);
    }
  }

  /** What stays behind a seam: all where no channels run along its axis. */
  private static int[] behind(Seam seam, Extents extents) {
    return extents.period(seam.output(), seam.axis()) == 0
        ? IntStream.range(0, seam.sources().length).toArray()
        : extents.kept(seam.output(), seam.axis());
  }

  private static int place(int[] places, int index) {
    return places.length == 0 ? index : places[index];
  }

  /** A part of the channels: none are moved where all stay in their order. */
  private static void taken(Seam seam, long[] from, long size, Edit edit) {
    boolean run = isRun(from);
    if (run && from.length == size) {
      edit.finish("Identity", Map.of(), seam.output(), seam.input());
    } else if (run && edit.opset() >= BOUNDS_AS_INPUT) {
      String start = edit.vector(from[0]);
      String end = edit.vector(from[0] + from.length);
      String axis = edit.vector(seam.axis());
      edit.finish("Slice", Map.of(), seam.output(), seam.input(), start, end, axis);
    } else {
      Map<String, Attribute> along = Map.of("axis", Attribute.of(seam.axis()));
      edit.finish("Gather", along, seam.output(), seam.input(), edit.vector(from));
    }
  }

  private static boolean isRun(long... from) {
    return LongStream.range(0, from.length).allMatch(k -> from[(int) k] == from[0] + k);
  }

  /** Channels with zeros for those that aren't there. */
  private static void filled(Seam seam, long[] from, long size, Edit edit) {
    int first = 0;
    int last = from.length;
    while (first < last && from[first] < 0) {
      first++;
    }
    while (first < last && from[last - 1] < 0) {
      last--;
    }
    long[] inner = Arrays.copyOfRange(from, first, last);
    if (inner.length == size && isRun(inner)) {
      padded(seam, seam.output(), first, from.length - last, edit);
      return;
    }
    String zero = edit.fresh(seam.output() + "/zero");
    padded(seam, zero, 0, 1, edit);
    long[] all = LongStream.of(from).map(index -> index < 0 ? size : index).toArray();
    Map<String, Attribute> along = Map.of("axis", Attribute.of(seam.axis()));
    edit.finish("Gather", along, seam.output(), zero, edit.vector(all));
  }

  private static void padded(Seam seam, String output, int before, int behind, Edit edit) {
    int rank = edit.extents().rank(seam.input());
    long[] pads = new long[2 * rank];
    pads[seam.axis()] = before;
    pads[rank + seam.axis()] = behind;
    if (edit.opset() >= PADS_AS_INPUT) {
      edit.finish("Pad", Map.of(), output, seam.input(), edit.vector(pads));
    } else {
      edit.finish("Pad", Map.of("pads", Attribute.of(pads)), output, seam.input());
    }
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
