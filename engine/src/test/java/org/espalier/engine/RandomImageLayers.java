package org.espalier.engine;

import static org.espalier.engine.RandomGraph.isImage;
import static org.espalier.engine.RandomGraph.sizes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.engine.RandomGraph.Growth;
import org.espalier.graph.Attribute;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;

/** Layers of convolutional networks, alone and in the patterns that a plan joins. */
final class RandomImageLayers {
  /** Convolutions stand more than once: they are what the engine is about. */
  static final List<Growth> ALL =
      List.of(
          RandomImageLayers::convolution,
          RandomImageLayers::convolution,
          RandomImageLayers::convolution,
          RandomImageLayers::pointwiseConvolution,
          RandomImageLayers::pointwiseConvolution,
          RandomImageLayers::block,
          RandomImageLayers::block,
          RandomImageLayers::transposedConvolution,
          RandomImageLayers::pool,
          RandomImageLayers::globalPool,
          RandomImageLayers::normalization,
          RandomImageLayers::squeezeAndExcite,
          RandomImageLayers::shuffle,
          RandomImageLayers::resize,
          RandomImageLayers::pad,
          RandomImageLayers::depthToSpace,
          RandomImageLayers::tokens);

  private RandomImageLayers() {}

  private static int channels(RandomGraph g) {
    return g.pick(1, 2, 3, 4, 5, 8, 13, 16, 17, 24, 32, 64);
  }

  private static boolean fits(long filters, long[] out) {
    return out[1] > 0 && out[2] > 0 && filters * out[1] * out[2] <= RandomGraph.LARGEST;
  }

  private static Optional<Value> convolution(RandomGraph g, Value x) {
    if (!isImage(x)) {
      return Optional.empty();
    }
    int in = x.channels();
    int groups = g.chance(6) ? 1 : g.chance(5) ? in : g.pick(2, 3, 4);
    if (in % groups != 0) {
      return Optional.empty();
    }
    int filters = groups == in && g.chance(7) ? in * g.pick(1, 1, 1, 2) : groups * channels(g);
    boolean square = g.chance(6);
    int kernel = g.pick(1, 2, 3, 3, 3, 5, 7);
    int stride = g.pick(1, 1, 1, 2, 3);
    int dilation = g.pick(1, 1, 1, 2, 3);
    var window =
        new Window(
            new int[] {kernel, square ? kernel : g.pick(1, 2, 3, 4, 5)},
            new int[] {stride, square ? stride : g.pick(1, 2, 3)},
            new int[] {dilation, square ? dilation : g.pick(1, 2)},
            pads(g, square, kernel / 2 * dilation),
            false);
    long[] out = window.out(sizes(x));
    if (!fits(filters, out)) {
      return Optional.empty();
    }
    return Optional.of(convolve(g, x, filters, groups, window));
  }

  private static int[] pads(RandomGraph g, boolean same, int half) {
    if (same && g.chance(7)) {
      return new int[] {half, half, half, half};
    }
    return new int[] {g.pick(0, 1, 2), g.pick(0, 1, 3), g.pick(0, 1, 2), g.pick(0, 1, 3)};
  }

  private static Value convolve(RandomGraph g, Value x, int filters, int groups, Window window) {
    var attributes = new HashMap<>(window.attributes());
    attributes.put("group", Attribute.of(groups));
    attributes.put("dilations", Attribute.of(window.dilations[0], window.dilations[1]));
    var inputs = new ArrayList<Value>(List.of(x));
    long each = x.channels() / groups;
    inputs.add(g.weights(false, filters, each, window.kernel[0], window.kernel[1]));
    if (g.chance(7)) {
      inputs.add(g.numbers(filters));
    }
    long[] out = window.out(sizes(x));
    out[0] = filters;
    return g.add("Conv", out, attributes, inputs.toArray(Value[]::new));
  }

  private static Optional<Value> pointwiseConvolution(RandomGraph g, Value x) {
    if (!isImage(x)) {
      return Optional.empty();
    }
    int filters = channels(g);
    int stride = g.pick(1, 1, 1, 1, 2);
    var window = Window.of(1, stride, 0);
    return fits(filters, window.out(sizes(x)))
        ? Optional.of(convolve(g, x, filters, 1, window))
        : Optional.empty();
  }

  /** Convolution, normalisation, a residual on either hand, an activation: each may be missing. */
  private static Optional<Value> block(RandomGraph g, Value x) {
    if (!isImage(x)) {
      return Optional.empty();
    }
    int kernel = g.pick(1, 1, 3, 5);
    int in = x.channels();
    boolean depthwise = g.chance(3);
    boolean residual = g.chance(5);
    int filters = depthwise || residual ? in : channels(g);
    var window = Window.of(kernel, 1, kernel / 2);
    if (!fits(filters, window.out(sizes(x)))) {
      return Optional.empty();
    }
    Value y = convolve(g, x, filters, depthwise ? in : 1, window);
    if (g.chance(5)) {
      y = batchNormalization(g, y);
    }
    if (g.chance(2)) {
      y = RandomPointwise.activation(g, y);
    }
    if (residual) {
      y = g.chance(5) ? y.add(x) : x.add(y);
    }
    return Optional.of(g.chance(7) ? RandomPointwise.activation(g, y) : y);
  }

  private static Value batchNormalization(RandomGraph g, Value x) {
    long c = x.channels();
    return x.then(
        "BatchNormalization",
        Map.of("epsilon", Attribute.of(1e-3f)),
        g.between(0.5, 1.5, c),
        g.numbers(c),
        g.numbers(c),
        g.between(0.5, 1.5, c));
  }

  private static Optional<Value> transposedConvolution(RandomGraph g, Value x) {
    if (!isImage(x)) {
      return Optional.empty();
    }
    int in = x.channels();
    int groups = g.chance(7) ? 1 : in;
    int each = groups == 1 ? g.pick(1, 2, 3, 5, 8, 16) : g.pick(1, 2);
    int kernel = g.pick(1, 2, 3, 4);
    int stride = g.pick(1, 2, 3);
    int pad = g.pick(0, 0, 1);
    int more = Math.min(stride - 1, g.pick(0, 0, 1));
    long[] out = sizes(x);
    out[0] = (long) each * groups;
    for (int axis = 1; axis < 3; axis++) {
      out[axis] = (out[axis] - 1) * stride + kernel - 2L * pad + more;
    }
    if (!fits(out[0], out)) {
      return Optional.empty();
    }
    var attributes =
        Map.of(
            "kernel_shape", Attribute.of(kernel, kernel),
            "strides", Attribute.of(stride, stride),
            "pads", Attribute.of(pad, pad, pad, pad),
            "output_padding", Attribute.of(more, more),
            "group", Attribute.of(groups));
    Value weights = g.weights(false, in, each, kernel, kernel);
    Value bias = g.chance(5) ? g.numbers(out[0]) : GraphBuilder.ABSENT;
    return Optional.of(g.add("ConvTranspose", out, attributes, x, weights, bias));
  }

  private static Optional<Value> pool(RandomGraph g, Value x) {
    if (!isImage(x)) {
      return Optional.empty();
    }
    boolean max = g.chance(5);
    int[] kernel = {g.pick(1, 2, 3, 5), g.pick(2, 3)};
    if (g.chance(7)) {
      kernel[1] = kernel[0];
    }
    int[] strides = {g.pick(1, 2, 3), g.pick(1, 2)};
    boolean ceil = g.chance(2);
    boolean padded = g.chance(5) && !ceil;
    int[] pads = new int[4];
    for (int k = 0; k < 4 && padded; k++) {
      pads[k] = g.random.nextInt(Math.max(1, kernel[k % 2] / 2 + 1));
    }
    var window = new Window(kernel, strides, new int[] {1, 1}, pads, ceil);
    long[] out = window.out(sizes(x));
    boolean inside = sizes(x)[1] >= kernel[0] && sizes(x)[2] >= kernel[1];
    if (!inside || !fits(out[0], out)) {
      return Optional.empty();
    }
    var attributes = new HashMap<>(window.attributes());
    attributes.put("ceil_mode", Attribute.of(ceil ? 1 : 0));
    if (!max) {
      attributes.put("count_include_pad", Attribute.of(g.pick(0, 1)));
    }
    return Optional.of(g.add(max ? "MaxPool" : "AveragePool", out, attributes, x));
  }

  private static Optional<Value> globalPool(RandomGraph g, Value x) {
    if (!isImage(x) || !g.chance(4)) {
      return Optional.empty();
    }
    String op = g.chance(7) ? "GlobalAveragePool" : "GlobalMaxPool";
    return Optional.of(g.add(op, new long[] {x.channels(), 1, 1}, Map.of(), x));
  }

  private static Optional<Value> normalization(RandomGraph g, Value x) {
    if (!isImage(x)) {
      return Optional.empty();
    }
    int c = x.channels();
    Map<String, Attribute> epsilon = Map.of("epsilon", Attribute.of(1e-2f));
    return Optional.of(
        switch (g.random.nextInt(4)) {
          case 0 -> batchNormalization(g, x);
          case 1 -> x.then("InstanceNormalization", epsilon, g.between(0.5, 1.5, c), g.numbers(c));
          case 2 ->
              x.then(
                  "GroupNormalization",
                  Map.of(
                      "epsilon", Attribute.of(1e-2f),
                      "num_groups", Attribute.of(c % 2 == 0 ? 2 : 1)),
                  g.between(0.5, 1.5, c),
                  g.numbers(c));
          default -> x.then("LRN", Map.of("size", Attribute.of(g.pick(1, 3, 5))));
        });
  }

  private static Optional<Value> squeezeAndExcite(RandomGraph g, Value x) {
    if (!isImage(x)) {
      return Optional.empty();
    }
    int c = x.channels();
    Value pooled = g.add("GlobalAveragePool", new long[] {c, 1, 1}, Map.of(), x);
    Value squeezed = convolve(g, pooled, Math.max(1, c / 4), 1, Window.of(1, 1, 0)).relu();
    Value excited = convolve(g, squeezed, c, 1, Window.of(1, 1, 0));
    Value gate = g.chance(5) ? excited.sigmoid() : excited.hardSigmoid();
    return Optional.of(g.chance(5) ? x.mul(gate) : gate.mul(x).as(x.shape()));
  }

  /** The channels of two groups, dealt in turn. */
  private static Optional<Value> shuffle(RandomGraph g, Value x) {
    if (!isImage(x) || x.channels() % 2 != 0) {
      return Optional.empty();
    }
    long[] s = sizes(x);
    return Optional.of(
        x.reshape(0, 2, s[0] / 2, s[1], s[2])
            .transpose(0, 2, 1, 3, 4)
            .reshape(0, s[0], s[1], s[2]));
  }

  private static Optional<Value> resize(RandomGraph g, Value x) {
    if (!isImage(x)) {
      return Optional.empty();
    }
    long[] out = sizes(x);
    out[1] *= 2;
    out[2] *= 2;
    if (!fits(out[0], out)) {
      return Optional.empty();
    }
    boolean nearest = g.chance(5);
    Map<String, Attribute> attributes =
        nearest
            ? Map.of(
                "mode", Attribute.of("nearest"),
                "coordinate_transformation_mode", Attribute.of("asymmetric"),
                "nearest_mode", Attribute.of("floor"))
            : Map.of(
                "mode", Attribute.of("linear"),
                "coordinate_transformation_mode",
                    Attribute.of(g.chance(5) ? "half_pixel" : "align_corners"));
    Value scales = g.builder.initializer(g.name("scales"), Tensor.of(new float[] {1, 1, 2, 2}, 4));
    return Optional.of(g.add("Resize", out, attributes, x, GraphBuilder.ABSENT, scales));
  }

  private static Optional<Value> pad(RandomGraph g, Value x) {
    if (!isImage(x)) {
      return Optional.empty();
    }
    String mode = List.of("constant", "edge", "reflect").get(g.random.nextInt(3));
    long[] s = sizes(x);
    int[] pads = {g.pick(0, 1, 2), g.pick(0, 1), g.pick(0, 1, 2), g.pick(0, 3)};
    boolean reflects = s[1] > 2 && s[2] > 3;
    long[] out = {s[0], s[1] + pads[0] + pads[2], s[2] + pads[1] + pads[3]};
    if ((mode.equals("reflect") && !reflects) || !fits(s[0], out)) {
      return Optional.empty();
    }
    Value amounts = g.builder.integers(0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]);
    return Optional.of(g.add("Pad", out, Map.of("mode", Attribute.of(mode)), x, amounts));
  }

  private static Optional<Value> depthToSpace(RandomGraph g, Value x) {
    if (!isImage(x)) {
      return Optional.empty();
    }
    long[] s = sizes(x);
    Map<String, Attribute> two = Map.of("blocksize", Attribute.of(2));
    if (s[0] % 4 == 0 && g.chance(5)) {
      var attributes = new HashMap<>(two);
      attributes.put("mode", Attribute.of(g.chance(5) ? "DCR" : "CRD"));
      return Optional.of(
          g.add("DepthToSpace", new long[] {s[0] / 4, 2 * s[1], 2 * s[2]}, attributes, x));
    }
    return s[1] % 2 == 0 && s[2] % 2 == 0
        ? Optional.of(g.add("SpaceToDepth", new long[] {4 * s[0], s[1] / 2, s[2] / 2}, two, x))
        : Optional.empty();
  }

  /** Pixels as tokens, as in a vision transformer. */
  private static Optional<Value> tokens(RandomGraph g, Value x) {
    if (!isImage(x) || !g.chance(5)) {
      return Optional.empty();
    }
    long[] s = sizes(x);
    Value flat = x.reshape(0, s[0], s[1] * s[2]);
    return Optional.of(g.chance(7) ? flat.transpose(0, 2, 1) : flat);
  }

  /** Where windows lie. */
  private record Window(int[] kernel, int[] strides, int[] dilations, int[] pads, boolean ceil) {
    static Window of(int kernel, int stride, int pad) {
      return new Window(
          new int[] {kernel, kernel},
          new int[] {stride, stride},
          new int[] {1, 1},
          new int[] {pad, pad, pad, pad},
          false);
    }

    /** The output's sizes, channels as they were. */
    long[] out(long[] in) {
      long[] out = in.clone();
      for (int axis = 0; axis < 2; axis++) {
        long reach = dilations[axis] * (kernel[axis] - 1L) + 1;
        long free = in[axis + 1] + pads[axis] + pads[axis + 2] - reach;
        out[axis + 1] = free < 0 ? 0 : steps(free, strides[axis]) + 1;
      }
      return out;
    }

    private long steps(long free, long stride) {
      return ceil ? Math.ceilDiv(free, stride) : free / stride;
    }

    Map<String, Attribute> attributes() {
      return Map.of(
          "kernel_shape", Attribute.of(kernel[0], kernel[1]),
          "strides", Attribute.of(strides[0], strides[1]),
          "pads", Attribute.of(pads[0], pads[1], pads[2], pads[3]));
    }
  }
}
