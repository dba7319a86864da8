package org.espalier.engine;

import static org.espalier.engine.RandomGraph.isImage;
import static org.espalier.engine.RandomGraph.sizes;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.espalier.engine.RandomGraph.Growth;
import org.espalier.graph.Attribute;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;

/** Layers of convolutional networks, alone and in the patterns that a plan joins. */
final class RandomImageLayers {
  /** Convolutions stand more than once: they are what the engine is about. */
  static final List<Growth> ALL =
      Stream.<Growth>of(
              RandomConvolutions::convolution,
              RandomConvolutions::convolution,
              RandomConvolutions::convolution,
              RandomConvolutions::pointwiseConvolution,
              RandomConvolutions::pointwiseConvolution,
              RandomConvolutions::block,
              RandomConvolutions::block,
              RandomConvolutions::transposedConvolution,
              RandomImageLayers::pool,
              RandomImageLayers::globalPool,
              RandomImageLayers::normalization,
              RandomConvolutions::squeezeAndExcite,
              RandomImageLayers::shuffle,
              RandomImageLayers::resize,
              RandomImageLayers::pad,
              RandomImageLayers::depthToSpace,
              RandomImageLayers::tokens)
          .map(RandomImageLayers::ofImages)
          .toList();

  private RandomImageLayers() {}

  private static Growth ofImages(Growth growth) {
    return (g, x) -> isImage(x) ? growth.grow(g, x) : Optional.empty();
  }

  private static Optional<Value> pool(RandomGraph g, Value x) {
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
    var window = new RandomWindow(kernel, strides, new int[] {1, 1}, pads, ceil);
    long[] out = window.out(sizes(x));
    boolean inside = sizes(x)[1] >= kernel[0] && sizes(x)[2] >= kernel[1];
    if (!inside || !RandomWindow.fits(out[0], out)) {
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
    if (!g.chance(4)) {
      return Optional.empty();
    }
    String op = g.chance(7) ? "GlobalAveragePool" : "GlobalMaxPool";
    return Optional.of(g.add(op, new long[] {x.channels(), 1, 1}, Map.of(), x));
  }

  private static Optional<Value> normalization(RandomGraph g, Value x) {
    int c = x.channels();
    Map<String, Attribute> epsilon = Map.of("epsilon", Attribute.of(1e-2f));
    return Optional.of(
        switch (g.random.nextInt(4)) {
          case 0 -> RandomConvolutions.batchNormalization(g, x);
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

  /** The channels of two groups, dealt in turn. */
  private static Optional<Value> shuffle(RandomGraph g, Value x) {
    if (x.channels() % 2 != 0) {
      return Optional.empty();
    }
    long[] s = sizes(x);
    return Optional.of(
        x.reshape(0, 2, s[0] / 2, s[1], s[2])
            .transpose(0, 2, 1, 3, 4)
            .reshape(0, s[0], s[1], s[2]));
  }

  private static Optional<Value> resize(RandomGraph g, Value x) {
    long[] out = sizes(x);
    out[1] *= 2;
    out[2] *= 2;
    if (!RandomWindow.fits(out[0], out)) {
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
    String mode = List.of("constant", "edge", "reflect").get(g.random.nextInt(3));
    long[] s = sizes(x);
    int[] pads = {g.pick(0, 1, 2), g.pick(0, 1), g.pick(0, 1, 2), g.pick(0, 3)};
    boolean reflects = s[1] > 2 && s[2] > 3;
    long[] out = {s[0], s[1] + pads[0] + pads[2], s[2] + pads[1] + pads[3]};
    if ((mode.equals("reflect") && !reflects) || !RandomWindow.fits(s[0], out)) {
      return Optional.empty();
    }
    Value amounts = g.builder.integers(0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]);
    return Optional.of(g.add("Pad", out, Map.of("mode", Attribute.of(mode)), x, amounts));
  }

  private static Optional<Value> depthToSpace(RandomGraph g, Value x) {
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
    if (!g.chance(5)) {
      return Optional.empty();
    }
    long[] s = sizes(x);
    Value flat = x.reshape(0, s[0], s[1] * s[2]);
    return Optional.of(g.chance(7) ? flat.transpose(0, 2, 1) : flat);
  }
}
