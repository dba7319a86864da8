package org.espalier.graph.pass;

import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * Attention as products, a softmax and what is added before it.
 *
 * <p>All is computed on [batch, heads, sequence, size]; packed inputs are split and the result is
 * packed again. Which keys a query may see is one boolean tensor: causal, window and padding bounds
 * are conditions on the positions of query and key. A query that sees none gives zeros; its scores
 * are replaced before the softmax, so that neither result nor gradient is NaN.
 */
final class AttentionRule {
  private final Node node;
  private final Rewriter out;
  private final boolean packed;
  private final String query;
  private final String key;
  private final String value;

  private AttentionRule(Node node, Rewriter out) {
    this.node = node;
    this.out = out;
    String q = node.inputs().get(0);
    this.packed = out.rank(q).orElse(node.has("q_num_heads") ? 3 : 4) == 3;
    this.query = heads(q, node.integer("q_num_heads", 1));
    this.key = cached(heads(node.inputs().get(1), node.integer("kv_num_heads", 1)), 4);
    this.value = cached(heads(node.inputs().get(2), node.integer("kv_num_heads", 1)), 5);
  }

  static void lower(Node node, Rewriter out) {
    new AttentionRule(node, out).write();
  }

  private void write() {
    out.output(1, key);
    out.output(2, value);
    String scores =
        out.add("MatMul", scaledQuery(), out.add("Transpose", perm(0, 1, 3, 2), shared(key)));
    matmulOutput(0, scores);
    float cap = node.real("softcap", 0);
    if (cap != 0) {
      String bound = out.scalar(cap, node.inputs().getFirst());
      scores = out.add("Mul", out.add("Tanh", out.add("Div", scores, bound)), bound);
    }
    matmulOutput(1, scores);
    String biased = biased(scores);
    matmulOutput(2, biased);
    String weights = softmax(biased);
    matmulOutput(3, weights);
    String result = out.add("MatMul", weights, shared(value));
    if (packed) {
      String rows = out.add("Transpose", perm(0, 2, 1, 3), result);
      out.finish("Reshape", rows, out.ints(0, 0, -1));
    } else {
      out.finish("Identity", result);
    }
  }

  private void matmulOutput(int mode, String scores) {
    if (node.integer("qk_matmul_output_mode", 0) == mode) {
      out.output(3, scores);
    }
  }

  private static Map<String, Attribute> perm(long... axes) {
    return Map.of("perm", Attribute.of(axes));
  }

  private String heads(String x, long heads) {
    return packed
        ? out.add("Transpose", perm(0, 2, 1, 3), out.add("Reshape", x, out.ints(0, 0, heads, -1)))
        : x;
  }

  private String cached(String now, int past) {
    return node.input(past)
        .map(before -> out.add("Concat", Map.of("axis", Attribute.of(2)), before, now))
        .orElse(now);
  }

  private String scaledQuery() {
    String q = node.inputs().getFirst();
    if (node.has("scale")) {
      return out.add("Mul", query, out.scalar(node.real("scale", 1), q));
    }
    long width = out.size(q, -1);
    if (width > 0) {
      long size = packed ? width / node.integer("q_num_heads", 1) : width;
      return out.add("Mul", query, out.scalar(1 / Math.sqrt((double) size), q));
    }
    String size = out.cast(out.sizes(query, 3, 4), DataType.FLOAT);
    return out.add("Div", query, out.castLike(out.add("Sqrt", size), q));
  }

  /** Keys or values with each head repeated for the query heads that share it. */
  private String shared(String x) {
    long queries = packed ? node.integer("q_num_heads", 1) : out.size(node.inputs().get(0), 1);
    long keys = packed ? node.integer("kv_num_heads", 1) : out.size(node.inputs().get(1), 1);
    if (queries > 0 && queries == keys) {
      return x;
    }
    String times =
        queries > 0 && keys > 0
            ? out.ints(queries / keys)
            : out.add("Div", out.sizes(query, 1, 2), out.sizes(key, 1, 2));
    String one = out.ints(1);
    String repeated =
        out.add(
            "Expand", out.add("Unsqueeze", x, out.ints(2)), out.join(one, one, times, one, one));
    return out.add("Reshape", repeated, out.join(out.ints(0, -1), out.sizes(x, 2, 4)));
  }

  private String biased(String scores) {
    String biased = scores;
    Optional<String> visible = visible();
    if (node.input(3).isPresent()) {
      String mask = node.inputs().get(3);
      boolean which = out.type(mask).filter(DataType.BOOL::equals).isPresent();
      if (which) {
        String padded = padded(mask, out.constant(Scalars.of(DataType.BOOL, 0)));
        visible = Optional.of(visible.map(v -> out.add("And", v, padded)).orElse(padded));
      } else {
        biased = out.add("Add", scores, padded(mask, infinity()));
      }
    }
    if (visible.isEmpty()) {
      return biased;
    }
    return out.add("Where", visible.get(), biased, infinity());
  }

  private String infinity() {
    return out.scalar(Double.NEGATIVE_INFINITY, node.inputs().getFirst());
  }

  /** The mask, as long as the keys; it may stop where padding begins. */
  private String padded(String mask, String fill) {
    long keys = out.size(node.inputs().get(1), packed ? 1 : 2);
    long length = out.size(mask, -1);
    boolean fits = node.input(4).isEmpty() && keys > 0 && (keys == length || length == 1);
    if (fits || (node.input(6).isEmpty() && (keys < 0 || length < 0))) {
      return mask;
    }
    String missing = out.add("Sub", out.sizes(key, 2, 3), out.sizes(mask, -1, Long.MAX_VALUE));
    return out.add("Pad", mask, out.join(out.ints(0), missing), fill, out.ints(-1));
  }

  /** Which keys a query sees by their positions; empty where it sees all. */
  private Optional<String> visible() {
    long left = node.integer("left_window_size", -1);
    long right = node.integer("right_window_size", -1);
    boolean causal = node.integer("is_causal", 0) != 0;
    Optional<String> valid =
        node.input(6).map(counts -> out.add("Reshape", counts, out.ints(-1, 1, 1, 1)));
    if (!causal && left < 0 && right < 0 && valid.isEmpty()) {
      return Optional.empty();
    }
    String columns = upTo(out.sizes(key, 2, 3));
    Optional<String> visible = valid.map(count -> out.add("Less", columns, count));
    if (causal || left >= 0 || right >= 0) {
      String rows = positions(valid);
      if (causal) {
        visible = and(visible, out.add("LessOrEqual", columns, rows));
      }
      if (left >= 0) {
        visible = and(visible, out.add("GreaterOrEqual", columns, shifted(rows, -left)));
      }
      if (right >= 0) {
        visible = and(visible, out.add("LessOrEqual", columns, shifted(rows, right)));
      }
    }
    return visible;
  }

  private Optional<String> and(Optional<String> a, String b) {
    return Optional.of(a.map(first -> out.add("And", first, b)).orElse(b));
  }

  private String shifted(String rows, long by) {
    return out.add("Add", rows, out.constant(Tensor.scalar(by)));
  }

  /** The position of each query among the keys, as a column. */
  private String positions(Optional<String> valid) {
    String length = out.sizes(query, 2, 3);
    String rows = out.add("Unsqueeze", upTo(length), out.ints(-1));
    if (node.input(4).isPresent()) {
      return out.add("Add", rows, out.sizes(node.inputs().get(4), 2, 3));
    }
    return valid.map(count -> out.add("Add", rows, out.add("Sub", count, length))).orElse(rows);
  }

  private String upTo(String length) {
    return out.add(
        "Range",
        out.constant(Tensor.scalar(0L)),
        out.add("Squeeze", length, out.ints(0)),
        out.constant(Tensor.scalar(1L)));
  }

  private String softmax(String scores) {
    String q = node.inputs().getFirst();
    boolean safe =
        node.input(3).isEmpty()
            && node.input(6).isEmpty()
            && node.integer("left_window_size", -1) < 0
            && node.integer("right_window_size", -1) < 0;
    if (safe) {
      return exact(scores);
    }
    Map<String, Attribute> last = Map.of("keepdims", Attribute.of(1));
    String largest = out.add("ReduceMax", last, scores, out.ints(-1));
    String blind = out.add("Equal", largest, infinity());
    String zero = out.scalar(0, q);
    String weights = exact(out.add("Where", blind, zero, scores));
    return out.add("Where", blind, zero, weights);
  }

  private String exact(String scores) {
    Map<String, Attribute> last = Map.of("axis", Attribute.of(-1));
    Optional<DataType> precision =
        node.has("softmax_precision")
            ? DataType.ofCode(node.integer("softmax_precision", 1))
            : Optional.empty();
    String q = node.inputs().getFirst();
    if (precision.isEmpty() || out.type(q).equals(precision)) {
      return out.add("Softmax", last, scores);
    }
    return out.castLike(out.add("Softmax", last, out.cast(scores, precision.get())), q);
  }
}
