package org.espalier.engine;

import static org.espalier.engine.RandomGraph.isTokens;
import static org.espalier.engine.RandomGraph.sizes;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.engine.RandomGraph.Growth;
import org.espalier.graph.Attribute;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;

/** Layers of transformers, perceptrons and networks over sequences. */
final class RandomTokenLayers {
  static final List<Growth> ALL =
      List.of(
          RandomTokenLayers::linear,
          RandomTokenLayers::linear,
          RandomTokenLayers::linear,
          RandomTokenLayers::general,
          RandomTokenLayers::general,
          RandomTokenLayers::feedForward,
          RandomTokenLayers::attention,
          RandomTokenLayers::normalization,
          RandomTokenLayers::convolution,
          RandomTokenLayers::flatten,
          RandomTokenLayers::image,
          RandomTokenLayers::leftProduct);

  private RandomTokenLayers() {}

  private static int units(RandomGraph g) {
    return g.pick(1, 2, 3, 5, 8, 16, 17, 24, 31, 64, 100);
  }

  /** MatMul over the last axis, with or without a bias and an activation. */
  private static Optional<Value> linear(RandomGraph g, Value x) {
    long[] out = sizes(x);
    int features = x.size(-1);
    int units = units(g);
    out[out.length - 1] = units;
    if (RandomGraph.elements(x) / features * units > RandomGraph.LARGEST) {
      return Optional.empty();
    }
    Value y = g.add("MatMul", out, Map.of(), x, g.weights(true, features, units));
    if (g.chance(7)) {
      Value bias = g.numbers(units);
      y = g.chance(5) ? y.add(bias) : bias.add(y).as(y.shape());
    }
    if (g.chance(3) && features == units) {
      y = y.add(x);
    }
    return Optional.of(g.chance(5) ? RandomPointwise.activation(g, y) : y);
  }

  /** Gemm with a bias in any form that broadcasts. */
  private static Optional<Value> general(RandomGraph g, Value x) {
    if (x.shape().rank() != 2) {
      return Optional.empty();
    }
    int features = x.size(-1);
    int units = units(g);
    boolean transposed = g.chance(6);
    Value weights =
        transposed ? g.weights(false, units, features) : g.weights(true, features, units);
    Value bias =
        switch (g.random.nextInt(5)) {
          case 0 -> GraphBuilder.ABSENT;
          case 1 -> g.numbers(1);
          case 2 -> g.numbers(1, units);
          default -> g.numbers(units);
        };
    Map<String, Attribute> attributes =
        Map.of(
            "transB", Attribute.of(transposed ? 1 : 0),
            "alpha", Attribute.of(g.chance(8) ? 1f : 0.5f),
            "beta", Attribute.of(g.chance(8) ? 1f : 2f));
    Value y = g.add("Gemm", new long[] {units}, attributes, x, weights, bias);
    return Optional.of(g.chance(5) ? RandomPointwise.activation(g, y) : y);
  }

  private static Optional<Value> feedForward(RandomGraph g, Value x) {
    if (!isTokens(x) || 2 * RandomGraph.elements(x) > RandomGraph.LARGEST) {
      return Optional.empty();
    }
    int features = x.size(-1);
    long[] wide = sizes(x);
    wide[1] = 2L * features;
    Value hidden = g.add("MatMul", wide, Map.of(), x, g.weights(true, features, wide[1]));
    hidden = hidden.add(g.numbers(wide[1]));
    Value active = g.chance(5) ? hidden.gelu() : spelledGelu(g, hidden);
    Value y = g.add("MatMul", sizes(x), Map.of(), active, g.weights(true, wide[1], features));
    y = y.add(g.numbers(features));
    return Optional.of(g.chance(7) ? layerNormalization(g, y.add(x)) : y.add(x));
  }

  /** {@code x / 2 * (1 + erf(x / sqrt(2)))} or the form with tanh, as exporters spell them. */
  private static Value spelledGelu(RandomGraph g, Value x) {
    if (g.chance(5)) {
      Value erf = x.div(g.builder.real((float) Math.sqrt(2))).then("Erf");
      return x.mul(erf.add(g.builder.real(1))).mul(g.builder.real(0.5f));
    }
    Value cube = x.then("Pow", g.builder.real(3));
    Value inner = x.add(cube.mul(g.builder.real(0.044715f))).mul(g.builder.real(0.7978846f));
    return x.mul(g.builder.real(0.5f)).mul(inner.tanh().add(g.builder.real(1)));
  }

  private static Value layerNormalization(RandomGraph g, Value x) {
    int features = x.size(-1);
    Map<String, Attribute> attributes =
        Map.of("axis", Attribute.of(-1), "epsilon", Attribute.of(1e-2f));
    return x.then(
        "LayerNormalization", attributes, g.between(0.5, 1.5, features), g.numbers(features));
  }

  private static Optional<Value> normalization(RandomGraph g, Value x) {
    int features = x.size(-1);
    if (g.chance(5)) {
      return Optional.of(layerNormalization(g, x));
    }
    long[] one = sizes(x);
    one[one.length - 1] = 1;
    Value mean = g.add("ReduceMean", one, Map.of(), x.mul(x), g.builder.integers(-1L));
    Value root = mean.add(g.builder.real(0.01f)).then("Sqrt");
    return Optional.of(x.div(root).mul(g.between(0.5, 1.5, features)));
  }

  private static Optional<Value> attention(RandomGraph g, Value x) {
    int heads = g.pick(1, 2, 3);
    if (!isTokens(x) || x.size(-1) % heads != 0 || x.size(1) > 64) {
      return Optional.empty();
    }
    int tokens = x.size(1);
    int features = x.size(-1);
    int each = features / heads;
    Value query = head(g, x, heads, each).transpose(0, 2, 1, 3);
    Value key = head(g, x, heads, each).transpose(0, 2, 3, 1);
    Value value = head(g, x, heads, each).transpose(0, 2, 1, 3);
    long[] square = {heads, tokens, tokens};
    Value scores = g.add("MatMul", square, Map.of(), query, key);
    scores =
        g.chance(5)
            ? scores.mul(g.builder.real((float) (1 / Math.sqrt(each))))
            : scores.div(g.builder.real((float) Math.sqrt(each)));
    if (g.chance(4)) {
      scores = scores.add(g.numbers(1, 1, tokens, tokens)).as(scores.shape());
    }
    Value mixed =
        g.add("MatMul", new long[] {heads, tokens, each}, Map.of(), scores.softmax(), value);
    return Optional.of(mixed.transpose(0, 2, 1, 3).reshape(0, tokens, features));
  }

  private static Value head(RandomGraph g, Value x, int heads, int each) {
    int features = x.size(-1);
    Value y = g.add("MatMul", sizes(x), Map.of(), x, g.weights(true, features, features));
    return y.add(g.numbers(features)).reshape(0, x.size(1), heads, each);
  }

  /** Over a sequence: tokens are taken for channels. */
  private static Optional<Value> convolution(RandomGraph g, Value x) {
    if (!isTokens(x)) {
      return Optional.empty();
    }
    int kernel = g.pick(1, 2, 3, 5);
    int dilation = g.pick(1, 1, 2);
    int stride = g.pick(1, 1, 2);
    int pad = g.pick(0, 1, 2);
    int filters = units(g);
    long length = x.size(2) + 2L * pad - dilation * (kernel - 1L) - 1;
    if (length < 0 || (length / stride + 1) * filters > RandomGraph.LARGEST) {
      return Optional.empty();
    }
    Map<String, Attribute> attributes =
        Map.of(
            "kernel_shape", Attribute.of(new long[] {kernel}),
            "dilations", Attribute.of(new long[] {dilation}),
            "strides", Attribute.of(new long[] {stride}),
            "pads", Attribute.of(pad, pad));
    Value weights = g.weights(false, filters, x.channels(), kernel);
    long[] out = {filters, length / stride + 1};
    return Optional.of(g.add("Conv", out, attributes, x, weights, g.numbers(filters)));
  }

  private static Optional<Value> flatten(RandomGraph g, Value x) {
    return x.shape().rank() > 2 && g.chance(4) ? Optional.of(x.flatten()) : Optional.empty();
  }

  private static Optional<Value> image(RandomGraph g, Value x) {
    long elements = RandomGraph.elements(x);
    long side = g.pick(1, 2, 3);
    if (x.shape().rank() == 4 || elements % (side * side) != 0 || !g.chance(5)) {
      return Optional.empty();
    }
    return Optional.of(x.reshape(0, elements / (side * side), side, side));
  }

  /** A constant matrix on the left hand. */
  private static Optional<Value> leftProduct(RandomGraph g, Value x) {
    if (!isTokens(x)) {
      return Optional.empty();
    }
    int rows = units(g);
    long[] out = {rows, x.size(2)};
    if (out[0] * out[1] > RandomGraph.LARGEST) {
      return Optional.empty();
    }
    return Optional.of(g.add("MatMul", out, Map.of(), g.weights(false, rows, x.size(1)), x));
  }
}
