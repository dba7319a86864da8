package org.espalier.prune.rewrite;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.Node;

/** Operators that treat channels in groups: convolutions, group normalisation. */
final class Grouped {
  private Grouped() {}

  /** As many groups as the kept channels are times what one filter reads. */
  static NodeRule convolution(int weight) {
    return (node, edit) -> {
      long groups = node.integer("group", 1);
      String x = node.inputs().getFirst();
      if (groups == 1 || !(edit.extents().changes(x) || changesOutput(node, edit))) {
        edit.emit(node);
        return;
      }
      long channels = edit.extents().size(x, 1);
      long each = edit.extents().size(node.inputs().get(weight), 1);
      edit.emit(node.with("group", Attribute.of(quotient(node, channels, each))));
    };
  }

  /** The weight is [C, M/group, ...]. */
  static void transposed(Node node, Edit edit) {
    long groups = node.integer("group", 1);
    String weight = node.inputs().get(1);
    if (groups == 1 || !(edit.extents().changes(weight) || changesOutput(node, edit))) {
      edit.emit(node);
      return;
    }
    long made = edit.extents().size(node.outputs().getFirst(), 1);
    long each = edit.extents().size(weight, 1);
    edit.emit(node.with("group", Attribute.of(quotient(node, made, each))));
  }

  private static boolean changesOutput(Node node, Edit edit) {
    return edit.extents().changes(node.outputs().getFirst());
  }

  private static long quotient(Node node, long channels, long each) {
    if (each == 0 || channels % each != 0) {
      throw Edit.error(node, channels + " channels stay, in groups of " + each);
    }
    return channels / each;
  }

  /** Whole groups go, or as many channels of each. */
  static NodeRule normalization(String attribute) {
    return (node, edit) -> {
      String x = node.inputs().getFirst();
      boolean last = node.integer("channels_last", 0) == 1;
      int axis = last ? edit.extents().rank(x) - 1 : 1;
      if (!edit.extents().changes(x, axis)) {
        edit.emit(node);
        return;
      }
      int groups = (int) node.integer(attribute, 1);
      long left = parts(node, edit.extents(), x, axis, groups).count();
      edit.emit(node.with(attribute, Attribute.of(left)));
    };
  }

  /**
   * What is left of an axis that is a number of equal parts.
   *
   * @param count how many parts there are
   * @param size how long each is
   */
  record Parts(long count, long size) {}

  /** Whole parts have gone, or as much of each. */
  static Parts parts(Node node, Extents extents, String value, int axis, int count) {
    int period = extents.period(value, axis);
    long before = extents.before(value, axis).sizeOr(-1);
    if (!extents.changes(value, axis)) {
      return new Parts(count, before / count);
    }
    int size = period / count;
    int[] left = new int[count];
    for (int index : extents.kept(value, axis)) {
      left[index / size]++;
    }
    int whole = (int) Arrays.stream(left).filter(n -> n == size).count();
    boolean wholeOnes = IntStream.of(left).allMatch(n -> n == 0 || n == size);
    if (!wholeOnes && !IntStream.of(left).allMatch(n -> n == left[0])) {
      throw Edit.error(
          node,
          "of '%s', %s entries stay in its %d parts"
              .formatted(value, Arrays.toString(left), count));
    }
    return wholeOnes ? new Parts(whole, size) : new Parts(count, left[0]);
  }
}
