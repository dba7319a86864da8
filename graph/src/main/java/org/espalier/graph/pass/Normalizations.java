package org.espalier.graph.pass;

import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Normalisations in arithmetic and means. Where a rank isn't known, shapes are computed. */
final class Normalizations {
  private Normalizations() {}

  static void layer(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String axes = from(node.integer("axis", -1), x, out);
    DataType stash = stash(node, x, out);
    var moments = Reductions.Moments.of(out.cast(x, stash), axes, out);
    String epsilon = out.scalar(node.real("epsilon", 1e-5f), stash);
    String deviation = out.add("Sqrt", out.add("Add", moments.variance(), epsilon));
    String normal = out.add("Div", moments.centred(), deviation);
    scaled(backTo(x, normal, stash, out), node, out);
    DataType given = DataType.ofCode(node.integer("stash_type", 1)).orElse(stash);
    if (node.output(1).isPresent()) {
      out.output(1, given == stash ? moments.mean() : out.cast(moments.mean(), given));
    }
    if (node.output(2).isPresent()) {
      String inverse = out.add("Reciprocal", deviation);
      out.output(2, given == stash ? inverse : out.cast(inverse, given));
    }
  }

  static void rms(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String axes = from(node.integer("axis", -1), x, out);
    DataType stash = stash(node, x, out);
    String wide = out.cast(x, stash);
    String mean = Reductions.mean(out.add("Mul", wide, wide), axes, out);
    String epsilon = out.scalar(node.real("epsilon", 1e-5f), stash);
    String normal = out.add("Div", wide, out.add("Sqrt", out.add("Add", mean, epsilon)));
    scaled(backTo(x, normal, stash, out), node, out);
  }

  /** The first stage's type: the one asked for, never narrower than the input's. */
  private static DataType stash(Node node, String x, Rewriter out) {
    DataType asked =
        DataType.ofCode(node.integer("stash_type", 1))
            .filter(DataType::isFloat)
            .orElse(DataType.FLOAT);
    return out.type(x).filter(type -> type.bits() > asked.bits()).orElse(asked);
  }

  private static String backTo(String x, String value, DataType stash, Rewriter out) {
    return out.type(x).filter(stash::equals).isPresent() ? value : out.castLike(value, x);
  }

  private static void scaled(String normal, Node node, Rewriter out) {
    String scale = node.inputs().get(1);
    if (node.input(2).isPresent()) {
      out.finish("Add", out.add("Mul", normal, scale), node.inputs().get(2));
    } else {
      out.finish("Mul", normal, scale);
    }
  }

  /** The axes from {@code axis} to the last. */
  private static String from(long axis, String x, Rewriter out) {
    long rank = out.rank(x).orElse(-1);
    if (axis < 0 || rank >= 0) {
      long first = axis < 0 ? axis : axis - rank;
      long[] axes = new long[(int) Math.max(0, -first)];
      for (int k = 0; k < axes.length; k++) {
        axes[k] = first + k;
      }
      return out.ints(axes);
    }
    String all = out.add("Size", out.add("Shape", x));
    return out.add(
        "Range", out.constant(Tensor.scalar(axis)), all, out.constant(Tensor.scalar(1L)));
  }

  /** Computed on [batch, group, rest], scaled on [batch, channel, rest]. */
  static void group(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    DataType stash = stash(node, x, out);
    String grouped = out.add("Reshape", x, out.ints(0, node.integer("num_groups", 1), -1));
    String normal = normal(out.cast(grouped, stash), stash, node, out);
    perChannel(x, backTo(x, normal, stash, out), node, out);
  }

  static void instance(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String flat = out.add("Reshape", x, out.ints(0, 0, -1));
    var moments = Reductions.Moments.of(flat, out.ints(2), out);
    String epsilon = out.scalar(node.real("epsilon", 1e-5f), x);
    String deviation = out.add("Sqrt", out.add("Add", moments.variance(), epsilon));
    perChannel(x, out.add("Div", moments.centred(), deviation), node, out);
  }

  private static String normal(String grouped, DataType stash, Node node, Rewriter out) {
    var moments = Reductions.Moments.of(grouped, out.ints(2), out);
    String epsilon = out.scalar(node.real("epsilon", 1e-5f), stash);
    return out.add(
        "Div", moments.centred(), out.add("Sqrt", out.add("Add", moments.variance(), epsilon)));
  }

  private static void perChannel(String x, String normal, Node node, Rewriter out) {
    List<String> in = node.inputs();
    long channels = out.size(in.get(1), 0);
    String shape =
        channels > 0
            ? out.ints(0, channels, -1)
            : out.join(out.ints(0), out.add("Shape", in.get(1)), out.ints(-1));
    String last = out.ints(1);
    String split = out.add("Reshape", normal, shape);
    String scaled = out.add("Mul", split, out.add("Unsqueeze", in.get(1), last));
    String shifted = out.add("Add", scaled, out.add("Unsqueeze", in.get(2), last));
    out.finish("Reshape", shifted, out.add("Shape", x));
  }

  static void meanVariance(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    var moments = Reductions.Moments.of(x, out.ints(node.integers("axes", 0, 2, 3)), out);
    String deviation = out.add("Sqrt", moments.variance());
    out.finish("Div", moments.centred(), out.add("Add", deviation, out.scalar(1e-9, x)));
  }

  /** A vector of zeros has no direction and stays as it is. */
  static void lp(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String axes = out.ints(node.integer("axis", -1));
    boolean absolute = node.integer("p", 2) == 1;
    String terms = absolute ? out.add("Abs", x) : out.add("Mul", x, x);
    String sum = out.add("ReduceSum", terms, axes);
    String zero = out.scalar(0, x);
    String divisor = out.add("Where", out.add("Equal", sum, zero), out.scalar(1, x), sum);
    out.finish("Div", x, absolute ? divisor : out.add("Sqrt", divisor));
  }

  /** The sum over neighbouring channels is an average pool along them, times their number. */
  static void localResponse(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    long size = node.integer("size", 1);
    String squares = out.add("Mul", x, x);
    String shape = out.join(out.sizes(x, 0, 1), out.ints(1), out.sizes(x, 1, 2), out.ints(-1));
    String mean =
        out.add(
            "AveragePool",
            Map.of(
                "kernel_shape", Attribute.of(size, 1L),
                "pads", Attribute.of((size - 1) / 2, 0L, size / 2, 0L),
                "count_include_pad", Attribute.of(1)),
            out.add("Reshape", squares, shape));
    String same = out.add("Reshape", mean, out.add("Shape", x));
    String base =
        out.add(
            "Add",
            out.add("Mul", same, out.scalar(node.real("alpha", 1e-4f), x)),
            out.scalar(node.real("bias", 1), x));
    out.finish("Div", x, out.add("Pow", base, out.scalar(node.real("beta", 0.75f), x)));
  }
}
