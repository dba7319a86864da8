package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.espalier.engine.kernel.Kernels;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;

/** Convolutions of random geometry and density against their definition. */
class ConvolutionTest {
  private static final int CASES = 60;

  /** A random convolution with a residual, a Relu, both or neither. */
  private record Case(
      int batch,
      int group,
      int in,
      int out,
      int[] size,
      int[] kernel,
      int[] strides,
      int[] dilations,
      int[] pads,
      double density,
      boolean residual,
      boolean relu) {

    static Case random(Random random) {
      int group = 1 + random.nextInt(3);
      if (random.nextInt(4) > 0) {
        group = 1;
      }
      int[] kernel = {1 + random.nextInt(4), 1 + random.nextInt(4)};
      int[] dilations = {1 + random.nextInt(2), 1 + random.nextInt(2)};
      int[] size = new int[2];
      int most = random.nextInt(4) == 0 ? 60 : 20;
      for (int axis = 0; axis < 2; axis++) {
        size[axis] = (kernel[axis] - 1) * dilations[axis] + 1 + random.nextInt(most);
      }
      return new Case(
          1 + random.nextInt(3),
          group,
          group * (1 + random.nextInt(5)),
          group * (1 + random.nextInt(9)),
          size,
          kernel,
          new int[] {1 + random.nextInt(3), 1 + random.nextInt(3)},
          dilations,
          new int[] {random.nextInt(3), random.nextInt(3), random.nextInt(3), random.nextInt(3)},
          new double[] {0, 0.1, 0.5, 1}[random.nextInt(4)],
          random.nextBoolean(),
          random.nextBoolean());
    }

    int extent(int axis) {
      int window = (kernel[axis] - 1) * dilations[axis] + 1;
      return (size[axis] + pads[axis] + pads[axis + 2] - window) / strides[axis] + 1;
    }
  }

  @Test
  void agreesWithItsDefinition() {
    var random = SeededRandom.fresh();
    for (int k = 0; k < CASES; k++) {
      check(
          Case.random(random),
          random,
          k % 6 == 0 ? Kernels.scalar(4 << random.nextInt(3)) : Kernels.best());
    }
  }

  @Test
  void windowsMayHangOverTheEdgeByMoreThanAVector() {
    var random = SeededRandom.fresh();
    for (int k = 0; k < 20; k++) {
      int dilation = 1 + random.nextInt(20);
      int pad = random.nextInt(25);
      int least = Math.max(1, 2 * dilation + 1 - 2 * pad);
      int[] size = {least + random.nextInt(9), least + random.nextInt(40)};
      int[] strides = {1 + random.nextInt(3), 1 + random.nextInt(2)};
      int[] dilations = {dilation, dilation};
      int[] pads = {pad, pad, pad, pad};
      double density = random.nextBoolean() ? 1 : 0.3;
      int[] kernel = {3, 3};
      var c = new Case(1, 1, 3, 5, size, kernel, strides, dilations, pads, density, false, false);
      check(c, random, Kernels.best());
    }
  }

  @Test
  void sumsMayTakeThePlaceOfWhatNobodyReadsLater() {
    var random = SeededRandom.fresh();
    Map<String, Attribute> none = Map.of();
    Map<String, Attribute> padded = Map.of("pads", Attribute.of(1, 1, 1, 1));
    for (int k = 0; k < 6; k++) {
      int channels = 1 + random.nextInt(40);
      var net = new SmallModel(random.gaussian(1 + k % 2, channels, 7, 1 + random.nextInt(13)));
      String point = net.weight(steady(random, channels, channels, 1, 1));
      String window = net.weight(steady(random, channels, channels, 3, 3));
      String before = net.then("Conv", none, point).last();
      net.then("Conv", none, point).then("Add", none, before); // reads what it is added to
      String kept = net.then("Relu", none).last();
      net.then("Conv", padded, window).then("Conv", none, point).then("Add", none, kept);
      net.then("Conv", none, point).then("Conv", padded, window).then("Add", none, kept);
      net.then("Relu", none).check("%d channels".formatted(channels), Kernels.best(), 1 + k % 2);
    }
  }

  /** Filters whose outputs are as large as their inputs. */
  private static Tensor steady(SeededRandom random, int out, int in, int height, int width) {
    Tensor filters = random.gaussian(out, in, height, width);
    for (long k = 0; k < filters.size(); k++) {
      filters.setFloat(k, filters.floatAt(k) / (float) Math.sqrt(in * height * width));
    }
    return filters;
  }

  private static void check(Case c, SeededRandom random, Kernels kernels) {
    Tensor x = random.gaussian(c.batch, c.in, c.size[0], c.size[1]);
    Tensor w = random.gaussian(c.out, c.in / c.group, c.kernel[0], c.kernel[1]);
    for (long k = 0; k < w.size(); k++) {
      if (random.nextDouble() >= c.density) {
        w.setFloat(k, 0);
      }
    }
    Tensor b = random.gaussian(c.out);
    Tensor r = random.gaussian(c.batch, c.out, c.extent(0), c.extent(1));
    var options = new Options(1 + random.nextInt(4));
    try (Session session = Engine.compile(model(c, x, w, b, r), options, kernels)) {
      var inputs = new LinkedHashMap<>(Map.of("x", x));
      if (c.residual) {
        inputs.put("r", r);
      }
      Tensor y = session.run(inputs).get("y");
      float[] expected = expected(c, x, w, b, r);
      for (int k = 0; k < expected.length; k++) {
        assertThat(y.floatAt(k))
            .as("%s, element %d, %s, plan %s", c, k, options, session.plan())
            .isCloseTo(expected[k], within(1e-4f));
      }
    }
  }

  private static Model model(Case c, Tensor x, Tensor w, Tensor b, Tensor r) {
    var attributes = new LinkedHashMap<String, Attribute>();
    attributes.put("group", Attribute.of((long) c.group));
    attributes.put("strides", Attribute.of(c.strides[0], c.strides[1]));
    attributes.put("dilations", Attribute.of(c.dilations[0], c.dilations[1]));
    attributes.put("pads", Attribute.of(c.pads[0], c.pads[1], c.pads[2], c.pads[3]));
    String last = c.relu ? "s" : "y";
    var nodes = new ArrayList<Node>();
    nodes.add(
        Node.of("Conv", List.of("x", "w", "b"), List.of(c.residual ? "t" : last), attributes));
    var inputs = new ArrayList<ValueInfo>();
    inputs.add(ValueInfo.of("x", DataType.FLOAT, x.shape()));
    if (c.residual) {
      nodes.add(Node.of("Add", List.of("r", "t"), List.of(last)));
      inputs.add(ValueInfo.of("r", DataType.FLOAT, r.shape()));
    }
    if (c.relu) {
      nodes.add(Node.of("Relu", List.of("s"), List.of("y")));
    }
    var weights = new LinkedHashMap<String, Tensor>();
    weights.put("w", w);
    weights.put("b", b);
    Shape shape = r.shape();
    var outputs = List.of(ValueInfo.of("y", DataType.FLOAT, shape));
    return Model.of(new Graph("conv", nodes, weights, inputs, outputs), 8, 17);
  }

  private static float[] expected(Case c, Tensor x, Tensor w, Tensor b, Tensor r) {
    int height = c.extent(0);
    int width = c.extent(1);
    float[] y = new float[c.batch * c.out * height * width];
    int at = 0;
    for (int n = 0; n < c.batch; n++) {
      for (int m = 0; m < c.out; m++) {
        for (int i = 0; i < height; i++) {
          for (int j = 0; j < width; j++, at++) {
            double sum = b.floatAt(m) + window(c, x, w, n, m, i, j);
            sum += c.residual ? r.floatAt(at) : 0;
            y[at] = (float) (c.relu ? Math.max(0, sum) : sum);
          }
        }
      }
    }
    return y;
  }

  private static double window(Case c, Tensor x, Tensor w, int n, int m, int i, int j) {
    int perGroup = c.in / c.group;
    double sum = 0;
    for (int channel = 0; channel < perGroup; channel++) {
      int from = m / (c.out / c.group) * perGroup + channel;
      for (int p = 0; p < c.kernel[0]; p++) {
        for (int q = 0; q < c.kernel[1]; q++) {
          int row = i * c.strides[0] + p * c.dilations[0] - c.pads[0];
          int column = j * c.strides[1] + q * c.dilations[1] - c.pads[1];
          if (row >= 0 && row < c.size[0] && column >= 0 && column < c.size[1]) {
            long tap = (((long) m * perGroup + channel) * c.kernel[0] + p) * c.kernel[1] + q;
            long pixel = (((long) n * c.in + from) * c.size[0] + row) * c.size[1] + column;
            sum += w.floatAt(tap) * (double) x.floatAt(pixel);
          }
        }
      }
    }
    return sum;
  }
}
