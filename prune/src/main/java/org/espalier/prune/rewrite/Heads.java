package org.espalier.prune.rewrite;

import java.util.Arrays;
import org.espalier.graph.Attribute;
import org.espalier.graph.Node;
import org.espalier.prune.rewrite.Grouped.Parts;

/**
 * Attention layers that are told how many heads there are. A scale that by default follows from the
 * size of a head is written out where that size changes.
 */
final class Heads {
  private Heads() {}

  /** ONNX's own: heads are an axis, or an attribute. */
  static void standard(Node node, Edit edit) {
    Extents extents = edit.extents();
    String queries = node.inputs().getFirst();
    if (extents.rank(queries) == 4) {
      long size = extents.before(queries, 3).sizeOr(-1);
      edit.emit(scaled(node, size, extents.after(queries, 3).sizeOr(-1)));
      return;
    }
    edit.emit(grouped(node, edit, "q_num_heads", "kv_num_heads"));
  }

  /** GroupQueryAttention. */
  static void groupQuery(Node node, Edit edit) {
    if (node.input(1).isEmpty() && edit.extents().changes(node.inputs().getFirst())) {
      throw Edit.error(node, "queries, keys and values are packed in one input, which changes");
    }
    edit.emit(node.input(1).isEmpty() ? node : grouped(node, edit, "num_heads", "kv_num_heads"));
  }

  private static Node grouped(Node node, Edit edit, String queries, String keys) {
    int count = (int) node.integer(queries, 0);
    int keyCount = (int) node.integer(keys, 0);
    Parts parts = Grouped.parts(node, edit.extents(), node.inputs().getFirst(), 2, count);
    Parts keyParts = Grouped.parts(node, edit.extents(), node.inputs().get(1), 2, keyCount);
    long before = edit.extents().before(node.inputs().getFirst(), 2).sizeOr(-1) / count;
    return scaled(
        node.with(queries, Attribute.of(parts.count())).with(keys, Attribute.of(keyParts.count())),
        before,
        parts.size());
  }

  /** MultiHeadAttention, with separate queries, or all three packed in five axes. */
  static void multiHead(Node node, Edit edit) {
    Extents extents = edit.extents();
    String queries = node.inputs().getFirst();
    int count = (int) node.integer("num_heads", 0);
    if (extents.rank(queries) == 5) {
      long heads = extents.after(queries, 2).sizeOr(count);
      Node fewer = node.with("num_heads", Attribute.of(heads));
      edit.emit(
          scaled(
              fewer, extents.before(queries, 4).sizeOr(-1), extents.after(queries, 4).sizeOr(-1)));
      return;
    }
    Parts parts = Grouped.parts(node, extents, queries, 2, count);
    long before = extents.before(queries, 2).sizeOr(-1) / count;
    edit.emit(scaled(node.with("num_heads", Attribute.of(parts.count())), before, parts.size()));
  }

  /** Attention with the weights of queries, keys and values side by side in one. */
  static void packedWeights(Node node, Edit edit) {
    Extents extents = edit.extents();
    String weight = node.inputs().get(1);
    if (!extents.changes(weight, 1)) {
      edit.emit(node);
      return;
    }
    int count = (int) node.integer("num_heads", 0);
    long all = extents.before(weight, 1).sizeOr(-1);
    long[] sizes = node.integers("qkv_hidden_sizes", all / 3, all / 3, all / 3);
    long[] left = new long[3];
    for (int index : extents.kept(weight, 1)) {
      left[index < sizes[0] ? 0 : index < sizes[0] + sizes[1] ? 1 : 2]++;
    }
    Parts values = Grouped.parts(node, extents, node.outputs().getFirst(), 2, count);
    Node fewer = node.with("num_heads", Attribute.of(values.count()));
    boolean even = Arrays.stream(left).allMatch(size -> size == left[0]);
    if (!even || node.has("qkv_hidden_sizes")) {
      fewer = fewer.with("qkv_hidden_sizes", Attribute.of(left));
    }
    edit.emit(scaled(fewer, sizes[0] / count, left[0] / values.count()));
  }

  /** RotaryEmbedding: the number of heads, where it is told. */
  static void rotary(Node node, Edit edit) {
    String x = node.inputs().getFirst();
    int count = (int) node.integer("num_heads", 0);
    if (count == 0 || edit.extents().rank(x) != 3 || !edit.extents().changes(x, 2)) {
      edit.emit(node);
      return;
    }
    Parts parts = Grouped.parts(node, edit.extents(), x, 2, count);
    edit.emit(node.with("num_heads", Attribute.of(parts.count())));
  }

  private static Node scaled(Node node, long before, long after) {
    boolean given = node.real("scale", 0) != 0;
    return before == after || given || before <= 0
        ? node
        : node.with("scale", Attribute.of((float) (1 / Math.sqrt((double) before))));
  }
}
