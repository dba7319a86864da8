package org.espalier.prune.proof;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/**
 * Random networks of a few layers in all the ways that channels meet: images and tokens,
 * convolutions in groups, residuals, gates, concatenated and split, reordered, padded, normalised,
 * in heads.
 */
public final class RandomNets {
  private static final int SIDE = 3;
  private static final int BATCH = 2;

  private final Random random;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> weights = new LinkedHashMap<>();

  /** Values so far, each [batch, channels, side, side]. */
  private final List<String> values = new ArrayList<>();

  private final Map<String, Integer> channels = new LinkedHashMap<>();

  private RandomNets(long seed) {
    this.random = new Random(seed);
  }

  public static Model of(long seed) {
    return new RandomNets(seed).model();
  }

  private Model model() {
    channels.put("x", 4);
    values.add(conv("x", 2 * (2 + random.nextInt(4)), 1));
    int layers = 4 + random.nextInt(6);
    for (int k = 0; k < layers; k++) {
      String made = layer(any());
      values.add(made);
    }
    String last = relu(values.getLast());
    String pooled = add("GlobalAveragePool", List.of(last), Map.of());
    String flat = add("Flatten", List.of(pooled), Map.of("axis", Attribute.of(1)));
    int classes = 5;
    String matrix = weight(classes, channels(last));
    nodes.add(
        Node.of(
            "Gemm",
            List.of(flat, matrix, weight(classes)),
            List.of("y"),
            Map.of("transB", Attribute.of(1))));
    var graph =
        new Graph(
            "random",
            nodes,
            weights,
            List.of(ValueInfo.of("x", DataType.FLOAT, Shape.of(BATCH, 4, SIDE, SIDE))),
            List.of(ValueInfo.of("y", DataType.FLOAT, Shape.of(BATCH, classes))));
    return Model.of(graph, 10, 21);
  }

  private String any() {
    return values.get(random.nextInt(values.size()));
  }

  private int channels(String value) {
    return channels.get(value);
  }

  private String layer(String x) {
    int c = channels(x);
    return switch (random.nextInt(19)) {
      case 0, 1 -> conv(relu(x), 2 * (2 + random.nextInt(4)), 1);
      case 2 -> conv(x, 2 * c, c); // depthwise
      case 3 -> conv(x, 6 * (c % 2 == 0 ? 1 : c), c % 2 == 0 ? 2 : c);
      case 4 -> activated(x);
      case 5 -> same("Add", x, conv(any(), c, 1));
      case 6 -> same("Mul", x, conv(any(), c, 1));
      case 7 -> gated(x);
      case 8 -> joined(x);
      case 9 -> split(x);
      case 10 -> picked(x);
      case 11 -> c % 2 == 0 ? shuffled(x, 2) : activated(x);
      case 12 -> padded(x);
      case 13 -> normalised(x);
      case 14 -> layerNormalised(x);
      case 15 -> attention(x);
      case 16 -> perceptron(x);
      case 17 -> grouped(x);
      default -> transposedConv(x);
    };
  }

  private String add(String op, List<String> inputs, Map<String, Attribute> attributes) {
    String output = op + "_" + nodes.size();
    nodes.add(Node.of(op, inputs, List.of(output), attributes));
    return output;
  }

  private String image(String op, int c, List<String> inputs, Map<String, Attribute> attributes) {
    String output = add(op, inputs, attributes);
    channels.put(output, c);
    return output;
  }

  private String weight(long... dims) {
    Tensor tensor = Tensor.allocate(DataType.FLOAT, dims);
    double scale = dims.length < 2 ? 0.5 : 1 / Math.sqrt((double) tensor.size() / dims[0]);
    for (long k = 0; k < tensor.size(); k++) {
      tensor.setReal(k, scale * random.nextGaussian());
    }
    return constant(tensor);
  }

  private String constant(Tensor tensor) {
    String name = "w" + weights.size();
    weights.put(name, tensor);
    return name;
  }

  private String ints(long... values) {
    return constant(Tensor.of(values, values.length));
  }

  private String relu(String x) {
    return image("Relu", channels(x), List.of(x), Map.of());
  }

  private String activated(String x) {
    String op = List.of("Sigmoid", "Tanh", "Softplus", "Elu", "Exp").get(random.nextInt(5));
    String squeezed = op.equals("Exp") ? image("Tanh", channels(x), List.of(x), Map.of()) : x;
    return image(op, channels(x), List.of(squeezed), Map.of());
  }

  private String conv(String x, int out, int groups) {
    int c = channels(x);
    int kernel = random.nextBoolean() ? 1 : 3;
    int pad = kernel / 2;
    return image(
        "Conv",
        out,
        List.of(x, weight(out, c / groups, kernel, kernel), weight(out)),
        Map.of("group", Attribute.of(groups), "pads", Attribute.of(pad, pad, pad, pad)));
  }

  private String transposedConv(String x) {
    return transposedConv(x, 2 * (1 + random.nextInt(4)), 1);
  }

  private String transposedConv(String x, int out, int groups) {
    String w = weight(channels(x), out / groups, 3, 3);
    Map<String, Attribute> attributes =
        Map.of("group", Attribute.of(groups), "pads", Attribute.of(1, 1, 1, 1));
    return image("ConvTranspose", out, List.of(x, w, weight(out)), attributes);
  }

  private String same(String op, String a, String b) {
    return image(op, channels(a), List.of(a, b), Map.of());
  }

  private String gated(String x) {
    int c = channels(x);
    String pooled = image("GlobalAveragePool", c, List.of(x), Map.of());
    String narrow = relu(conv(pooled, 4, 1));
    String gate = image("Sigmoid", c, List.of(conv(narrow, c, 1)), Map.of());
    return image("Mul", c, List.of(x, gate), Map.of());
  }

  private String joined(String x) {
    String other = any();
    int c = channels(x) + channels(other);
    return image("Concat", c, List.of(x, other), Map.of("axis", Attribute.of(1)));
  }

  /** One part, or both in one where they are of one size. */
  private String split(String x) {
    int c = channels(x);
    if (c < 2) {
      return relu(x);
    }
    int first = c % 2 == 0 && random.nextBoolean() ? c / 2 : 1 + random.nextInt(c - 1);
    String a = "a_" + nodes.size();
    String b = "b_" + nodes.size();
    nodes.add(
        Node.of(
            "Split",
            List.of(x, ints(first, c - first)),
            List.of(a, b),
            Map.of("axis", Attribute.of(1))));
    channels.put(a, first);
    channels.put(b, c - first);
    if (2 * first == c) {
      return same("Mul", a, b);
    }
    values.add(a);
    return b;
  }

  /** Some channels, in another order, by Slice or Gather. */
  private String picked(String x) {
    int c = channels(x);
    if (random.nextBoolean()) {
      int step = c > 2 ? 1 + random.nextInt(2) : 1;
      int left = Math.ceilDiv(c, step);
      return image("Slice", left, List.of(x, ints(0), ints(c), ints(1), ints(step)), Map.of());
    }
    int left = Math.max(1, c - random.nextInt(2));
    long[] taken = LongStream.range(0, left).map(index -> c - 1 - index).toArray();
    return image("Gather", taken.length, List.of(x, ints(taken)), Map.of("axis", Attribute.of(1)));
  }

  /** A shuffle between convolutions in groups, of which one may be transposed or other. */
  private String grouped(String x) {
    int groups = 2 + random.nextInt(3);
    int c = groups * (2 + random.nextInt(4));
    String wide = relu(conv(x, c, 1));
    String first = random.nextInt(3) == 0 ? transposedConv(wide, c, groups) : conv(wide, c, groups);
    String shuffled = shuffled(relu(first), groups);
    String deep = random.nextBoolean() ? shuffled : conv(shuffled, c, c);
    String second = conv(deep, c, groups);
    return random.nextBoolean() ? same("Add", wide, second) : second;
  }

  private String shuffled(String x, int groups) {
    int c = channels(x);
    long[] parted = {BATCH, groups, c / groups, SIDE, SIDE};
    String apart = add("Reshape", List.of(x, ints(parted)), Map.of());
    String swapped = add("Transpose", List.of(apart), Map.of("perm", Attribute.of(0, 2, 1, 3, 4)));
    return image("Reshape", c, List.of(swapped, ints(BATCH, c, SIDE, SIDE)), Map.of());
  }

  private String padded(String x) {
    int before = random.nextInt(3);
    int behind = 1 + random.nextInt(2);
    String pads = ints(0, before, 0, 0, 0, behind, 0, 0);
    return image("Pad", channels(x) + before + behind, List.of(x, pads), Map.of());
  }

  private String normalised(String x) {
    int c = channels(x);
    if (random.nextBoolean()) {
      return image("InstanceNormalization", c, List.of(x, weight(c), weight(c)), Map.of());
    }
    Tensor variance = Tensor.allocate(DataType.FLOAT, c);
    for (int k = 0; k < c; k++) {
      variance.setFloat(k, 0.5f + random.nextFloat());
    }
    return image(
        "BatchNormalization",
        c,
        List.of(x, weight(c), weight(c), weight(c), constant(variance)),
        Map.of());
  }

  private String toTokens(String x) {
    int c = channels(x);
    String flat = add("Reshape", List.of(x, ints(BATCH, c, -1)), Map.of());
    return add("Transpose", List.of(flat), Map.of("perm", Attribute.of(0, 2, 1)));
  }

  private String toImage(String tokens, int c) {
    String turned = add("Transpose", List.of(tokens), Map.of("perm", Attribute.of(0, 2, 1)));
    return image("Reshape", c, List.of(turned, ints(0, 0, SIDE, SIDE)), Map.of());
  }

  private String layerNormalised(String x) {
    int c = channels(x);
    return toImage(
        add(
            "LayerNormalization",
            List.of(toTokens(x), weight(c), weight(c)),
            Map.of("axis", Attribute.of(-1))),
        c);
  }

  private String perceptron(String x) {
    int c = channels(x);
    int hidden = 3 + random.nextInt(5);
    String tokens = toTokens(x);
    String inner =
        add(
            "Add",
            List.of(add("MatMul", List.of(tokens, weight(c, hidden)), Map.of()), weight(hidden)),
            Map.of());
    String active = add("Sigmoid", List.of(inner), Map.of());
    String outer = add("MatMul", List.of(active, weight(hidden, c)), Map.of());
    return toImage(add("Add", List.of(tokens, outer), Map.of()), c);
  }

  private String attention(String x) {
    int c = channels(x);
    int heads = 2 + random.nextInt(2);
    int size = 3;
    String tokens = toTokens(x);
    String q = head(tokens, c, heads, size, false);
    String k = head(tokens, c, heads, size, true);
    String v = head(tokens, c, heads, size, false);
    String scores = add("MatMul", List.of(q, k), Map.of());
    String shares = add("Softmax", List.of(scores), Map.of("axis", Attribute.of(-1)));
    String read = add("MatMul", List.of(shares, v), Map.of());
    String back = add("Transpose", List.of(read), Map.of("perm", Attribute.of(0, 2, 1, 3)));
    String flat = add("Reshape", List.of(back, ints(0, 0, (long) heads * size)), Map.of());
    String out = add("MatMul", List.of(flat, weight((long) heads * size, c)), Map.of());
    return toImage(add("Add", List.of(tokens, out), Map.of()), c);
  }

  private String head(String tokens, int c, int heads, int size, boolean turned) {
    String all = add("MatMul", List.of(tokens, weight(c, (long) heads * size)), Map.of());
    String biased = add("Add", List.of(all, weight((long) heads * size)), Map.of());
    String apart = add("Reshape", List.of(biased, ints(0, 0, heads, size)), Map.of());
    Attribute order = turned ? Attribute.of(0, 2, 3, 1) : Attribute.of(0, 2, 1, 3);
    return add("Transpose", List.of(apart), Map.of("perm", order));
  }
}
