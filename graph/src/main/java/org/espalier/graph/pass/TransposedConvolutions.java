package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * Two-dimensional ConvTranspose with fixed weights as a Conv: rows and columns of the result that
 * are equal modulo the stride are a convolution of their own with every stride-th tap, so that all
 * of them are one convolution with more channels, a DepthToSpace and a Slice of what padding cuts.
 */
public final class TransposedConvolutions implements Pass {
  @Override
  public Model apply(Model model) {
    if (model.graph().nodes().stream().noneMatch(node -> node.is("ConvTranspose"))) {
      return model;
    }
    var constants = new FixedValues(model);
    var nodes = new ArrayList<Node>();
    for (Node node : model.graph().nodes()) {
      Optional<Parts> parts = node.is("ConvTranspose") ? parts(node, constants) : Optional.empty();
      if (parts.isPresent()) {
        nodes.addAll(nodes(node, parts.get(), constants));
      } else {
        nodes.add(node);
      }
    }
    return constants.rebuilt(nodes);
  }

  /** A transposed convolution taken apart. */
  private record Parts(
      Tensor weight,
      Tensor bias,
      int group,
      int stride,
      long[] dilations,
      long[] pads,
      long[] extra) {
    int kernel(int axis) {
      return (int) weight.dim(axis + 2);
    }

    /** By how many old pixels the taps of a phase reach back. */
    int reach(int axis) {
      return (int) ((kernel(axis) - 1) * dilations[axis] / stride);
    }

    /** Rows or columns that are made past those the plain result has. */
    long surplus(int axis) {
      return (long) stride * (reach(axis) + 1)
          - ((kernel(axis) - 1) * dilations[axis] + 1 - pads[axis] - pads[axis + 2] + extra[axis])
          - pads[axis];
    }
  }

  private static Optional<Parts> parts(Node node, FixedValues constants) {
    Tensor weight = node.input(1).flatMap(constants::find).orElse(null);
    Tensor bias = node.input(2).flatMap(constants::find).orElse(null);
    long[] strides = node.integers("strides", new long[] {1, 1});
    boolean possible =
        weight != null
            && weight.type() == DataType.FLOAT
            && weight.rank() == 4
            && weight.size() > 0
            && (bias != null || node.input(2).isEmpty())
            && strides.length == 2
            && strides[0] == strides[1]
            && node.text("auto_pad", "NOTSET").equals("NOTSET")
            && !node.has("output_shape");
    if (!possible) {
      return Optional.empty();
    }
    var parts =
        new Parts(
            weight,
            bias,
            (int) node.integer("group", 1),
            (int) strides[0],
            node.integers("dilations", new long[] {1, 1}),
            node.integers("pads", new long[4]),
            node.integers("output_padding", new long[2]));
    boolean cuts =
        Arrays.stream(parts.pads()).allMatch(pad -> pad >= 0)
            && parts.surplus(0) >= 0
            && parts.surplus(1) >= 0;
    return cuts ? Optional.of(parts) : Optional.empty();
  }

  private static List<Node> nodes(Node node, Parts parts, FixedValues constants) {
    String stem = node.inputs().get(1);
    String weight = constants.freshName(stem + "_phases");
    constants.put(weight, weight(parts));
    var inputs = new ArrayList<>(List.of(node.inputs().getFirst(), weight));
    if (parts.bias() != null) {
      String bias = constants.freshName(stem + "_phase_bias");
      constants.put(bias, bias(parts));
      inputs.add(bias);
    }
    int high = parts.reach(0);
    int wide = parts.reach(1);
    String made = constants.freshName(node.outputs().getFirst() + "_phases");
    String placed = constants.freshName(node.outputs().getFirst() + "_placed");
    boolean cut =
        parts.pads()[0] != 0
            || parts.pads()[1] != 0
            || parts.surplus(0) != 0
            || parts.surplus(1) != 0;
    var nodes = new ArrayList<Node>();
    nodes.add(
        Node.of(
                "Conv",
                inputs,
                List.of(made),
                Map.of(
                    "group", Attribute.of((long) parts.group()),
                    "pads", Attribute.of(high, wide, high, wide)))
            .withName(node.name()));
    nodes.add(
        Node.of(
            "DepthToSpace",
            List.of(made),
            List.of(cut ? placed : node.outputs().getFirst()),
            Map.of("blocksize", Attribute.of((long) parts.stride()), "mode", Attribute.of("CRD"))));
    if (cut) {
      nodes.add(slice(node, placed, parts, constants));
    }
    return nodes;
  }

  private static Node slice(Node node, String placed, Parts parts, FixedValues constants) {
    long[] ends = new long[2];
    Arrays.setAll(ends, axis -> parts.surplus(axis) == 0 ? Long.MAX_VALUE : -parts.surplus(axis));
    String stem = node.outputs().getFirst();
    var inputs = new ArrayList<>(List.of(placed));
    for (long[] values : List.of(Arrays.copyOf(parts.pads(), 2), ends, new long[] {2, 3})) {
      String name = constants.freshName(stem + "_cut");
      constants.put(name, Tensor.of(values, 2));
      inputs.add(name);
    }
    return Node.of("Slice", inputs, node.outputs());
  }

  /** Phase (a, b) of channel c is channel {@code (c * stride + a) * stride + b}. */
  private static Tensor weight(Parts p) {
    int outs = (int) p.weight().dim(1);
    int ins = (int) p.weight().dim(0) / p.group();
    int high = p.reach(0) + 1;
    int wide = p.reach(1) + 1;
    int s = p.stride();
    Tensor phases =
        Tensor.allocate(DataType.FLOAT, (long) p.group() * outs * s * s, ins, high, wide);
    long from = 0;
    for (int in = 0; in < p.group() * ins; in++) {
      for (int out = 0; out < outs; out++) {
        for (int i = 0; i < p.kernel(0); i++) {
          for (int j = 0; j < p.kernel(1); j++, from++) {
            int y = (int) (i * p.dilations()[0]);
            int x = (int) (j * p.dilations()[1]);
            long channel = ((long) in / ins * outs + out) * s * s + (long) (y % s) * s + x % s;
            int row = high - 1 - y / s;
            int column = wide - 1 - x / s;
            phases.setFloat(
                ((channel * ins + in % ins) * high + row) * wide + column,
                p.weight().floatAt(from));
          }
        }
      }
    }
    return phases;
  }

  private static Tensor bias(Parts p) {
    int times = p.stride() * p.stride();
    Tensor repeated = Tensor.allocate(DataType.FLOAT, p.bias().size() * times);
    for (long k = 0; k < repeated.size(); k++) {
      repeated.setFloat(k, p.bias().floatAt(k / times));
    }
    return repeated;
  }
}
