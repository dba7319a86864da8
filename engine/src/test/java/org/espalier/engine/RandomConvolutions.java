package org.espalier.engine;

import static org.espalier.engine.RandomGraph.sizes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Attribute;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;

/** Convolutions of all forms, alone and with what a plan joins to them. */
final class RandomConvolutions {
  private RandomConvolutions() {}

  private static int channels(RandomGraph g) {
    return g.pick(1, 2, 3, 4, 5, 8, 13, 16, 17, 24, 32, 64);
  }

  static Optional<Value> convolution(RandomGraph g, Value x) {
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
        new RandomWindow(
            new int[] {kernel, square ? kernel : g.pick(1, 2, 3, 4, 5)},
            new int[] {stride, square ? stride : g.pick(1, 2, 3)},
            new int[] {dilation, square ? dilation : g.pick(1, 2)},
            pads(g, square, kernel / 2 * dilation),
            false);
    long[] out = window.out(sizes(x));
    if (!RandomWindow.fits(filters, out)) {
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

  private static Value convolve(
      RandomGraph g, Value x, int filters, int groups, RandomWindow window) {
    var attributes = new HashMap<>(window.attributes());
    attributes.put("group", Attribute.of(groups));
    attributes.put("dilations", Attribute.of(window.dilations()[0], window.dilations()[1]));
    var inputs = new ArrayList<Value>(List.of(x));
    long each = x.channels() / groups;
    inputs.add(g.weights(false, filters, each, window.kernel()[0], window.kernel()[1]));
    if (g.chance(7)) {
      inputs.add(g.numbers(filters));
    }
    long[] out = window.out(sizes(x));
    out[0] = filters;
    return g.add("Conv", out, attributes, inputs.toArray(Value[]::new));
  }

  static Optional<Value> pointwiseConvolution(RandomGraph g, Value x) {
    int filters = channels(g);
    int stride = g.pick(1, 1, 1, 1, 2);
    var window = RandomWindow.of(1, stride, 0);
    return RandomWindow.fits(filters, window.out(sizes(x)))
        ? Optional.of(convolve(g, x, filters, 1, window))
        : Optional.empty();
  }

  /** Convolution, normalisation, a residual on either hand, an activation: each may be missing. */
  static Optional<Value> block(RandomGraph g, Value x) {
    int kernel = g.pick(1, 1, 3, 5);
    int in = x.channels();
    boolean depthwise = g.chance(3);
    boolean residual = g.chance(5);
    int filters = depthwise || residual ? in : channels(g);
    var window = RandomWindow.of(kernel, 1, kernel / 2);
    if (!RandomWindow.fits(filters, window.out(sizes(x)))) {
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

  static Value batchNormalization(RandomGraph g, Value x) {
    long c = x.channels();
    return x.then(
        "BatchNormalization",
        Map.of("epsilon", Attribute.of(1e-3f)),
        g.between(0.5, 1.5, c),
        g.numbers(c),
        g.numbers(c),
        g.between(0.5, 1.5, c));
  }

  static Optional<Value> transposedConvolution(RandomGraph g, Value x) {
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
    if (!RandomWindow.fits(out[0], out)) {
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

  static Optional<Value> squeezeAndExcite(RandomGraph g, Value x) {
    int c = x.channels();
    Value pooled = g.add("GlobalAveragePool", new long[] {c, 1, 1}, Map.of(), x);
    Value squeezed = convolve(g, pooled, Math.max(1, c / 4), 1, RandomWindow.of(1, 1, 0)).relu();
    Value excited = convolve(g, squeezed, c, 1, RandomWindow.of(1, 1, 0));
    Value gate = g.chance(5) ? excited.sigmoid() : excited.hardSigmoid();
    return Optional.of(g.chance(5) ? x.mul(gate) : gate.mul(x).as(x.shape()));
  }
}
