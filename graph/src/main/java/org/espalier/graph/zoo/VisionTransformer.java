package org.espalier.graph.zoo;

import static org.espalier.graph.build.Attention.attend;
import static org.espalier.graph.build.Attention.heads;
import static org.espalier.graph.build.Attention.merge;
import static org.espalier.graph.build.Conv.kernel;

import java.util.List;
import java.util.Map;
import org.espalier.graph.Dim;
import org.espalier.graph.Shape;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;

/** Transformers over the patches of an image: ViT, and CCT with its convolutional tokeniser. */
final class VisionTransformer {
  private static final Init INIT = Init.truncatedNormal(0.02);

  private VisionTransformer() {}

  /**
   * ViT (Dosovitskiy et al., 2021): square patches, a class token, {@code depth} blocks with four
   * times as wide a hidden layer.
   */
  static Value vit(Value image, int patch, int width, int depth, int heads, int classes) {
    GraphBuilder g = image.builder();
    Value x =
        image.conv(
            "patch_embed",
            width,
            kernel(patch).stride(patch).pad(0).biased().init(Init.lecunNormal()));
    Value tokens = x.reshape(0, width, -1).transpose(0, 2, 1);
    Value first = expanded(g.weight("cls_token", INIT, 1, 1, width), tokens);
    x = first.concat(1, tokens);
    x = x.add(g.weight("pos_embed", INIT, 1, x.size(1), width));
    for (int k = 0; k < depth; k++) {
      String name = "blocks." + k;
      Value y = x.layerNorm(name + ".norm1", 1e-6f);
      y = attention(y.linear(name + ".attn.qkv", 3 * width, INIT), heads);
      x = y.linear(name + ".attn.proj", width, INIT).add(x);
      y = x.layerNorm(name + ".norm2", 1e-6f).linear(name + ".mlp.fc1", 4 * width, INIT).gelu();
      x = y.linear(name + ".mlp.fc2", width, INIT).add(x);
    }
    x = x.layerNorm("norm", 1e-6f).slice(1, 0, 1, 1).squeeze(1);
    return x.linear("head", classes, INIT);
  }

  /** A token [1, 1, width] once for each of the batch. */
  private static Value expanded(Value token, Value tokens) {
    Shape shape = Shape.of(tokens.shape().dim(0), Dim.of(1), tokens.shape().dim(2));
    Value size = tokens.length(0).concat(0, token.builder().integers(1, token.size(2)));
    return token.follow("Expand", shape, Map.of(), size);
  }

  /**
   * CCT-7/3x1 for 32x32 images (Hassani et al., 2021): one convolution and a pool make the tokens,
   * seven blocks of width 256, and attention over the sequence in place of a class token.
   */
  static Value cct7(Value image) {
    GraphBuilder g = image.builder();
    int width = 256;
    Value x = image.conv("tokenizer.conv", width, kernel(3)).relu().maxPool(3, 2, 1);
    x = x.reshape(0, width, -1).transpose(0, 2, 1);
    x = x.add(g.weight("pos_embed", Init.truncatedNormal(0.2), 1, x.size(1), width));
    for (int k = 0; k < 7; k++) {
      String name = "blocks." + k;
      Value y = x.layerNorm(name + ".pre_norm", 1e-5f);
      y = attention(y.matmul(name + ".attn.qkv", 3 * width, INIT), 4);
      x = y.linear(name + ".attn.proj", width, INIT).add(x).layerNorm(name + ".norm1", 1e-5f);
      y = x.linear(name + ".linear1", 2 * width, INIT).gelu();
      x = y.linear(name + ".linear2", width, INIT).add(x);
    }
    x = x.layerNorm("norm", 1e-5f);
    Value share = x.linear("attention_pool", 1, INIT).transpose(0, 2, 1).softmax();
    return share.matmul(x).squeeze(1).linear("fc", 10, INIT);
  }

  /** Attention of queries, keys and values that lie side by side. */
  private static Value attention(Value qkv, int heads) {
    int width = qkv.size(-1) / 3;
    List<Value> parts = qkv.split(-1, width, width, width);
    return merge(
        attend(heads(parts.get(0), heads), heads(parts.get(1), heads), heads(parts.get(2), heads)));
  }
}
