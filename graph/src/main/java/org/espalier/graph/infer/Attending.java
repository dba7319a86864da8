package org.espalier.graph.infer;

import java.util.Map;
import org.espalier.graph.DataType;

/** Attention and rotary positions, in ONNX's form and in ONNX Runtime's. */
final class Attending {
  private Attending() {}

  static void addTo(Map<String, Rule> rules) {
    rules.put("Attention", Attending::attention);
    rules.put("RotaryEmbedding", Attending::rotary);
    rules.put("com.microsoft:RotaryEmbedding", Elementwise::same);
    rules.put("com.microsoft:Attention", Attending::packed);
    rules.put("com.microsoft:MultiHeadAttention", Attending::multiHead);
  }

  /**
   * Query, key and value as [B, heads, S, D], or as [B, S, heads * D] with the numbers of heads as
   * attributes. Outputs: the result in the query's form, the keys and values with the past before
   * them, and the scores [B, heads, S, past + S].
   */
  private static void attention(Call call) {
    call.element(0, call.element(0));
    call.element(1, call.element(1));
    call.element(2, call.element(2));
    call.element(3, call.element(0));
    Dims given = call.dims(0);
    Dims q = heads(call, 0, "q_num_heads");
    Dims k = heads(call, 1, "kv_num_heads");
    Dims v = heads(call, 2, "kv_num_heads");
    check(call, q, k, v);
    call.dims(
        0,
        given.rank() == 4 ? q.with(3, v.at(3)) : Dims.of(q.at(0), q.at(2), q.at(1).times(v.at(3))));
    Size keys = k.at(2);
    Size values = v.at(2);
    if (call.has(4)) {
      keys = call.isRanked(4) ? keys.plus(call.dims(4, 4).at(2)) : Size.unknown();
    }
    if (call.has(5)) {
      values = call.isRanked(5) ? values.plus(call.dims(5, 4).at(2)) : Size.unknown();
    }
    call.dims(1, k.with(2, keys));
    call.dims(2, v.with(2, values));
    call.dims(3, Dims.of(q.at(0), q.at(1), q.at(2), keys));
  }

  /** An input as [B, heads, S, D]. */
  private static Dims heads(Call call, int input, String attribute) {
    Dims dims = call.dims(input);
    if (dims.rank() == 4) {
      return dims;
    }
    call.dims(input, 3);
    long heads = call.node().integer(attribute, 0);
    Size width = dims.at(2);
    if (heads < 1 || (width.isFixed() && width.fixed() % heads != 0)) {
      throw call.error(
          "%s is %d, input %s has shape %s".formatted(attribute, heads, call.name(input), dims));
    }
    return Dims.of(dims.at(0), Size.of(heads), dims.at(1), width.floorDiv(Size.of(heads)));
  }

  private static void check(Call call, Dims q, Dims k, Dims v) {
    if (Dims.differ(q.at(3), k.at(3))) {
      throw call.error("queries have heads of size %s, keys of %s".formatted(q.at(3), k.at(3)));
    }
    if (Dims.differ(k.at(2), v.at(2))) {
      throw call.error("there are %s keys and %s values".formatted(k.at(2), v.at(2)));
    }
    if (q.at(1).isFixed()
        && k.at(1).isFixed()
        && (k.at(1).is(0) || q.at(1).fixed() % k.at(1).fixed() != 0)) {
      throw call.error("%s heads of queries share %s heads of keys".formatted(q.at(1), k.at(1)));
    }
  }

  private static void rotary(Call call) {
    call.element(0, call.element(0));
    Dims x = call.dimsFrom(0, 3);
    if (x.rank() > 4) {
      throw call.error(
          "input %s has shape %s, expected 3 or 4 dimensions".formatted(call.name(0), x));
    }
    call.dims(0, x);
  }

  /** Input [B, S, C], weights [C, 3 * H]; output [B, S, H], and keys with values. */
  private static void packed(Call call) {
    call.element(0, call.element(0));
    call.element(1, call.element(0));
    Dims x = call.dims(0, 3);
    Dims w = call.dims(1, 2);
    long[] sizes = call.node().integers("qkv_hidden_sizes", new long[0]);
    Size third = w.at(1).floorDiv(Size.of(3));
    Size keys = sizes.length == 3 ? Size.of(sizes[1]) : third;
    call.dims(0, x.with(2, sizes.length == 3 ? Size.of(sizes[2]) : third));
    long heads = call.node().integer("num_heads", 0);
    if (heads > 0) {
      Size total =
          call.has(4)
              ? call.isRanked(4) ? x.at(1).plus(call.dims(4, 5).at(3)) : Size.unknown()
              : x.at(1);
      Size width = keys.floorDiv(Size.of(heads));
      call.dims(1, Dims.of(Size.of(2), x.at(0), Size.of(heads), total, width));
    }
  }

  /** Query [B, S, H], or all three packed as [B, S, heads, 3, D]. */
  private static void multiHead(Call call) {
    DataType element = call.element(0);
    for (int k = 0; k < 4; k++) {
      call.element(k, element);
    }
    Dims q = call.dims(0);
    if (q.rank() == 5) {
      call.dims(0, Dims.of(q.at(0), q.at(1), q.at(2).times(q.at(4))));
    } else if (call.has(2)) {
      Dims v = call.dims(2);
      Size width = v.rank() == 4 ? v.at(1).times(v.at(3)) : call.dims(2, 3).at(2);
      call.dims(0, call.dims(0, 3).with(2, width));
    } else {
      call.dims(0, call.dims(0, 3));
    }
    if (call.outputs() > 1) {
      throw new Unresolved("the present keys and values aren't followed");
    }
  }
}
