package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * ONNX Runtime's fused attention and the embeddings before it, as ONNX's own operators. Forms that
 * its optimiser doesn't write stay as they are, for executors to refuse.
 */
final class MicrosoftAttention {
  /** What is added to the score of a masked key. */
  private static final float FILTER = -10000;

  private MicrosoftAttention() {}

  /** Input [B, S, C], one weight [C, queries + keys + values] and bias for all three. */
  static void packed(Node node, Rewriter out) {
    String product = out.add("MatMul", node.inputs().get(0), node.inputs().get(1));
    packed(node, product, 2, out.size(node.inputs().get(1), 1), 3, 4, 5, out);
  }

  /** The same with weights and input quantised; ONNX Runtime takes their product in integers. */
  static void quantized(Node node, Rewriter out) {
    List<String> in = node.inputs();
    String x = out.add("DequantizeLinear", in.get(0), in.get(3), node.input(6).orElse(""));
    String w =
        out.add(
            "DequantizeLinear",
            Map.of("axis", Attribute.of(1)),
            in.get(1),
            in.get(4),
            node.input(7).orElse(""));
    packed(node, out.add("MatMul", x, w), 2, out.size(in.get(1), 1), 5, 8, -1, out);
  }

  private static void packed(
      Node node, String product, int bias, long width, int mask, int past, int more, Rewriter out) {
    long[] third = {width / 3, width / 3, width / 3};
    long[] sizes = node.integers("qkv_hidden_sizes", third);
    boolean unknown =
        node.integer("do_rotary", 0) != 0
            || node.input(6).filter(value -> more >= 0).isPresent()
            || sizes.length != 3
            || sizes[0] <= 0
            || !isMask(node, mask, out);
    if (unknown) {
      out.emit(node);
      return;
    }
    String all = node.input(bias).map(b -> out.add("Add", product, b)).orElse(product);
    List<String> parts = split(all, sizes, out);
    String before = node.input(past).orElse("");
    String keys = "";
    String values = "";
    if (!before.isEmpty()) {
      Map<String, Attribute> first = Map.of("axis", Attribute.of(0));
      keys = out.add("Gather", first, before, out.constant(Tensor.scalar(0L)));
      values = out.add("Gather", first, before, out.constant(Tensor.scalar(1L)));
    }
    String added = more < 0 ? "" : node.input(more).orElse("");
    List<String> present = attend(node, parts, keys, values, mask, added, out);
    if (node.output(1).isPresent()) {
      String axis = out.ints(0);
      String stacked =
          out.add(
              "Concat",
              Map.of("axis", Attribute.of(0)),
              out.add("Unsqueeze", present.get(0), axis),
              out.add("Unsqueeze", present.get(1), axis));
      out.output(1, stacked);
    }
  }

  private static List<String> split(String all, long[] sizes, Rewriter out) {
    List<String> parts = List.of(out.fresh("query"), out.fresh("key"), out.fresh("value"));
    out.emit(
        Node.of("Split", List.of(all, out.ints(sizes)), parts, Map.of("axis", Attribute.of(-1))));
    return parts;
  }

  /** Query, key and value [B, S, H], one bias for all three. */
  static void multiHead(Node node, Rewriter out) {
    List<String> in = node.inputs();
    boolean plain = node.input(1).isPresent() && node.input(2).isPresent();
    for (int k = 0; k < 3 && plain; k++) {
      plain = out.rank(in.get(k)).orElse(0) == 3 && out.size(in.get(k), 2) > 0;
    }
    boolean more = node.input(8).isPresent() || node.output(3).isPresent();
    if (!plain || more || !isMask(node, 4, out)) {
      out.emit(node);
      return;
    }
    List<String> parts = new ArrayList<>(in.subList(0, 3));
    if (node.input(3).isPresent()) {
      long[] sizes = new long[3];
      for (int k = 0; k < 3; k++) {
        sizes[k] = out.size(in.get(k), 2);
      }
      List<String> biases = split(in.get(3), sizes, out);
      for (int k = 0; k < 3; k++) {
        parts.set(k, out.add("Add", parts.get(k), biases.get(k)));
      }
    }
    String added = node.input(5).orElse("");
    List<String> present =
        attend(node, parts, node.input(6).orElse(""), node.input(7).orElse(""), 4, added, out);
    out.output(1, present.get(0));
    out.output(2, present.get(1));
  }

  /** Whether the mask is of a form that is known: [B, keys], [B, queries, keys] or none. */
  private static boolean isMask(Node node, int input, Rewriter out) {
    Optional<String> mask = node.input(input);
    int rank = mask.map(m -> out.rank(m).orElse(0)).orElse(2);
    return rank == 2 || rank == 3 || (rank == 1 && isLengths(mask.get(), node, out));
  }

  /** A vector may be the lengths of all sequences, or hold more: then it is longer than a batch. */
  private static boolean isLengths(String mask, Node node, Rewriter out) {
    Optional<Object> batch =
        out.shape(node.inputs().getFirst()).filter(s -> s.rank() > 0).map(s -> s.dim(0));
    return batch.isPresent()
        && out.shape(mask).filter(s -> batch.get().equals(s.dim(0))).isPresent();
  }

  /** Writes ONNX's Attention; returns the names of the keys and values with the past before. */
  private static List<String> attend(
      Node node,
      List<String> parts,
      String pastKeys,
      String pastValues,
      int mask,
      String added,
      Rewriter out) {
    String x = parts.getFirst();
    String bias = node.input(mask).map(m -> additive(node, m, pastKeys, parts, out)).orElse("");
    if (bias.isEmpty()) {
      bias = added;
    } else if (!added.isEmpty()) {
      bias = out.add("Add", bias, added);
    }
    var attributes = new HashMap<String, Attribute>();
    long heads = node.integer("num_heads", 1);
    attributes.put("q_num_heads", Attribute.of(heads));
    attributes.put("kv_num_heads", Attribute.of(heads));
    attributes.put("is_causal", Attribute.of(node.integer("unidirectional", 0)));
    if (node.real("scale", 0) != 0) {
      attributes.put("scale", Attribute.of(node.real("scale", 0)));
    }
    List<String> results =
        List.of(node.outputs().getFirst(), out.fresh("presentKey"), out.fresh("presentValue"));
    List<String> inputs = List.of(x, parts.get(1), parts.get(2), bias, pastKeys, pastValues);
    int length = !pastKeys.isEmpty() ? 6 : bias.isEmpty() ? 3 : 4;
    out.emit(
        Node.of("Attention", inputs.subList(0, length), results, attributes).withName(node.name()));
    return results.subList(1, 3);
  }

  /** What is added to the scores [B, heads, queries, keys]: nothing or a large negative number. */
  private static String additive(
      Node node, String mask, String past, List<String> parts, Rewriter out) {
    String x = parts.getFirst();
    int rank = out.rank(mask).orElse(2);
    String seen;
    if (rank == 1) {
      String count = out.sizes(parts.get(1), 1, 2);
      if (!past.isEmpty()) {
        count = out.add("Add", count, out.sizes(past, 2, 3));
      }
      String positions =
          out.add(
              "Range",
              out.constant(Tensor.scalar(0L)),
              out.add("Squeeze", count, out.ints(0)),
              out.constant(Tensor.scalar(1L)));
      String lengths = out.add("Unsqueeze", out.cast(mask, DataType.INT64), out.ints(1));
      seen = out.add("Less", positions, lengths);
    } else {
      seen = out.add("Greater", mask, out.scalar(0, mask));
    }
    String wide = out.add("Unsqueeze", seen, rank == 3 ? out.ints(1) : out.ints(1, 2));
    String filter = out.scalar(node.real("mask_filter_value", FILTER), x);
    return out.add("Where", wide, out.scalar(0, x), filter);
  }

  /** Positions before the caches, and one position for all where a single number is given. */
  static void rotary(Node node, Rewriter out) {
    List<String> in = node.inputs();
    int rank = out.rank(in.get(0)).orElse(0);
    long size = 2 * out.size(in.get(2), 1);
    boolean partial = node.integer("rotary_embedding_dim", 0) > 0;
    long heads = node.integer("num_heads", 0);
    if (rank == 3 && heads == 0 && !partial && size > 0) {
      heads = out.size(in.get(0), 2) / size;
    }
    boolean known =
        (rank == 4 || (rank == 3 && heads > 0))
            && out.rank(in.get(1)).orElse(0) == 2
            && node.integer("is_packed_batching", 0) == 0
            && node.real("scale", 1) == 1;
    if (!known) {
      out.emit(node);
      return;
    }
    var attributes = new HashMap<String, Attribute>();
    attributes.put("interleaved", Attribute.of(node.integer("interleaved", 0)));
    attributes.put("num_heads", Attribute.of(heads));
    attributes.put("rotary_embedding_dim", Attribute.of(node.integer("rotary_embedding_dim", 0)));
    out.finish("RotaryEmbedding", attributes, in.get(0), in.get(2), in.get(3), in.get(1));
  }

  /** Words, positions and segments, their sum normalised; and how long each text is. */
  static void embed(Node node, Rewriter out) {
    List<String> in = node.inputs();
    boolean lengths = node.output(1).filter(out::isUsed).isPresent();
    if (lengths && node.input(7).isEmpty()) {
      out.emit(node);
      return;
    }
    String sum = out.add("Gather", in.get(2), in.get(0));
    String positions =
        node.input(8)
            .map(ids -> out.add("Gather", in.get(3), ids))
            .orElseGet(
                () ->
                    out.add(
                        "Slice", in.get(3), out.ints(0), out.sizes(in.get(0), 1, 2), out.ints(0)));
    if (node.input(1).isPresent() && node.input(4).isPresent()) {
      sum = out.add("Add", sum, positions);
      positions = out.add("Gather", in.get(4), in.get(1));
    }
    String all = node.output(2).orElseGet(() -> out.fresh("sum"));
    out.emit(Node.of("Add", List.of(sum, positions), List.of(all)));
    Map<String, Attribute> attributes =
        Map.of("axis", Attribute.of(-1), "epsilon", Attribute.of(node.real("epsilon", 1e-12f)));
    out.finish("LayerNormalization", attributes, all, in.get(5), in.get(6));
    if (lengths) {
      Map<String, Attribute> drop = Map.of("keepdims", Attribute.of(0));
      String mask = out.cast(in.get(7), DataType.INT32);
      out.output(1, out.add("ReduceSum", drop, mask, out.ints(1)));
    }
  }
}
