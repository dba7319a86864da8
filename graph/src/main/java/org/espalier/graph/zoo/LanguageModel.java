package org.espalier.graph.zoo;

import static org.espalier.graph.build.Attention.attend;
import static org.espalier.graph.build.Attention.causalMask;
import static org.espalier.graph.build.Attention.heads;
import static org.espalier.graph.build.Attention.merge;
import static org.espalier.graph.build.Attention.paddingMask;
import static org.espalier.graph.build.Attention.repeat;

import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Shape;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Recurrent;
import org.espalier.graph.build.Value;

/**
 * Networks over tokens: {@code input_ids} [N, S] of int64. Those that predict the next token give
 * logits for each position, [N, S, entries]; classifiers give [N, classes].
 */
final class LanguageModel {
  private static final Init INIT = Init.truncatedNormal(0.02);
  private static final Dim SEQUENCE = Dim.symbol("S");

  private LanguageModel() {}

  private static Value tokens(GraphBuilder g, String name) {
    return g.input(name, DataType.INT64, GraphBuilder.BATCH, SEQUENCE);
  }

  /**
   * A BERT encoder (Devlin et al., 2019) with a classifier of two classes behind its pooler. All
   * tokens are of the first of the two types; {@code attention_mask} is 0 on padding.
   */
  static void bert(GraphBuilder g, int width, int depth, int heads) {
    Value ids = tokens(g, "input_ids");
    Value mask = paddingMask(tokens(g, "attention_mask"));
    Value type = g.integer(0).embedding("embeddings.token_type", 2, width, INIT);
    Value x =
        ids.embedding("embeddings.word", 30_522, width, INIT)
            .add(ids.positions(1).embedding("embeddings.position", 512, width, INIT))
            .add(type)
            .layerNorm("embeddings.norm", 1e-12f);
    for (int k = 0; k < depth; k++) {
      String name = "layer." + k;
      Value query = heads(x.linear(name + ".attention.query", width, INIT), heads);
      Value key = heads(x.linear(name + ".attention.key", width, INIT), heads);
      Value value = heads(x.linear(name + ".attention.value", width, INIT), heads);
      Value y = merge(attend(query, key, value, mask));
      x = y.linear(name + ".attention.output", width, INIT).add(x);
      x = x.layerNorm(name + ".attention.norm", 1e-12f);
      y = x.linear(name + ".intermediate", 4 * width, INIT).gelu();
      x = y.linear(name + ".output", width, INIT).add(x).layerNorm(name + ".norm", 1e-12f);
    }
    x = x.slice(1, 0, 1, 1).squeeze(1).linear("pooler", width, INIT).tanh();
    g.output("logits", x.linear("classifier", 2, INIT));
  }

  /** A GPT-2 decoder (Radford et al., 2019): its output layer is the embedding, transposed. */
  static void gpt(GraphBuilder g, int entries, int context, int width, int depth, int heads) {
    Value ids = tokens(g, "input_ids");
    Value positions = ids.positions(1);
    Value mask = causalMask(positions);
    Init damped = Init.normal(0.02 / StrictMath.sqrt(2.0 * depth));
    Value x =
        ids.embedding("wte", entries, width, INIT)
            .add(positions.embedding("wpe", context, width, INIT));
    for (int k = 0; k < depth; k++) {
      String name = "h." + k;
      Value y = x.layerNorm(name + ".ln_1", 1e-5f).linear(name + ".attn.qkv", 3 * width, INIT);
      List<Value> qkv = y.split(-1, width, width, width);
      y =
          merge(
              attend(
                  heads(qkv.get(0), heads),
                  heads(qkv.get(1), heads),
                  heads(qkv.get(2), heads),
                  mask));
      x = y.linear(name + ".attn.proj", width, damped).add(x);
      y = x.layerNorm(name + ".ln_2", 1e-5f).linear(name + ".mlp.fc", 4 * width, INIT).gelu();
      x = y.linear(name + ".mlp.proj", width, damped).add(x);
    }
    g.output("logits", x.layerNorm("ln_f", 1e-5f).matmul(g.known("wte.weight").transpose(1, 0)));
  }

  /**
   * A Llama decoder (Touvron et al., 2023): RMS normalisation, rotary positions, SwiGLU, and keys
   * and values shared by groups of query heads (Ainslie et al., 2023).
   */
  static void llama(
      GraphBuilder g, int entries, int width, int hidden, int depth, int heads, int groups) {
    Value ids = tokens(g, "input_ids");
    Value positions = ids.positions(1);
    Value mask = causalMask(positions);
    Rotary rotary = Rotary.of(positions, width / heads);
    Init damped = Init.normal(0.02 / StrictMath.sqrt(2.0 * depth));
    int shared = width / heads * groups;
    Value x = ids.embedding("embed_tokens", entries, width, INIT);
    for (int k = 0; k < depth; k++) {
      String name = "layers." + k;
      Value y = x.rmsNorm(name + ".input_norm", 1e-5f);
      Value query = rotary.turn(heads(y.matmul(name + ".self_attn.q_proj", width, INIT), heads));
      Value key = rotary.turn(heads(y.matmul(name + ".self_attn.k_proj", shared, INIT), groups));
      Value value = heads(y.matmul(name + ".self_attn.v_proj", shared, INIT), groups);
      y = merge(attend(query, repeat(key, heads / groups), repeat(value, heads / groups), mask));
      x = y.matmul(name + ".self_attn.o_proj", width, damped).add(x);
      y = x.rmsNorm(name + ".post_attention_norm", 1e-5f);
      Value gate = y.matmul(name + ".mlp.gate_proj", hidden, INIT).silu();
      y = gate.mul(y.matmul(name + ".mlp.up_proj", hidden, INIT));
      x = y.matmul(name + ".mlp.down_proj", width, damped).add(x);
    }
    g.output("logits", x.rmsNorm("norm", 1e-5f).matmul("lm_head", entries, INIT));
  }

  /**
   * Rotary positions (Su et al., 2021): the pair of features k and k + d/2 is turned by position *
   * 10000^(-2k/d).
   *
   * @param cos [S, d]
   * @param sin [S, d]
   */
  private record Rotary(Value cos, Value sin) {
    static Rotary of(Value positions, int features) {
      GraphBuilder g = positions.builder();
      int half = features / 2;
      float step = (float) (-2 * StrictMath.log(10_000) / features);
      Value k =
          g.node(
              "rotary.range",
              "Range",
              DataType.INT64,
              Shape.of(half),
              Map.of(),
              g.integer(0),
              g.integer(half),
              g.integer(1));
      Value frequencies = k.cast(DataType.FLOAT).mul(g.real(step)).then("Exp");
      Value angles = positions.unsqueeze(1).cast(DataType.FLOAT).mul(frequencies);
      Value twice = angles.concat(1, angles);
      return new Rotary(twice.then("Cos"), twice.then("Sin"));
    }

    Value turn(Value x) {
      int half = x.size(-1) / 2;
      List<Value> halves = x.split(-1, half, half);
      Value turned = halves.get(1).then("Neg").concat(-1, halves.get(0));
      return x.mul(cos).add(turned.mul(sin));
    }
  }

  /** A classifier of two classes from the last hidden states of a recurrent layer. */
  static void recurrent(GraphBuilder g, Recurrent kind, int directions) {
    Value x = tokens(g, "input_ids").embedding("embedding", 10_000, 128, Init.normal(0.1));
    x = kind.last("recurrent", x, 128, directions).transpose(1, 0, 2).flatten();
    g.output("logits", x.linear("fc", 2, Init.lecunNormal()));
  }
}
