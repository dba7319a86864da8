package org.espalier.prune.proof;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.infer.Shapes;

/** Means and normalisations over the channels that a mask leaves. */
final class MaskedNorms {
  private static final Map<String, Attribute> KEPT = Map.of("keepdims", Attribute.of(1));

  private final Instrument out;
  private final Shapes shapes;

  MaskedNorms(Instrument out, Shapes shapes) {
    this.out = out;
    this.shapes = shapes;
  }

  /** The axes of the first input that a node averages over; none where it isn't handled here. */
  static List<Integer> axes(Node node, Shapes shapes) {
    return switch (node.op()) {
      case "ReduceMean" -> Sums.reduced(node, shapes);
      case "LayerNormalization", "RMSNormalization" -> {
        int rank = shapes.rank(node.inputs().getFirst());
        int first = (int) Math.floorMod(node.integer("axis", -1), (long) rank);
        yield IntStream.range(first, rank).boxed().toList();
      }
      case "GroupNormalization" -> List.of(1);
      case "BatchNormalization" -> {
        boolean given = node.integer("training_mode", 0) == 0;
        int rank = shapes.rank(node.inputs().getFirst());
        yield given
            ? List.of()
            : IntStream.range(0, rank).filter(axis -> axis != 1).boxed().toList();
      }
      case "MeanVarianceNormalization" -> {
        long rank = shapes.rank(node.inputs().getFirst());
        yield Arrays.stream(node.integers("axes", 0, 2, 3))
            .mapToObj(axis -> (int) Math.floorMod(axis, rank))
            .toList();
      }
      default -> List.of();
    };
  }

  /**
   * Writes the node anew.
   *
   * @param mask true where a channel stays, broadcast to the first input
   */
  void add(Node node, List<Integer> axes, String mask) {
    String x = node.inputs().getFirst();
    DataType type = shapes.element(x).orElse(DataType.FLOAT);
    DataType wide = type.bits() < 32 ? DataType.FLOAT : type;
    String input = cast(x, type, wide);
    String all = out.add("Expand", mask, out.add("Shape", x));
    String over = out.ints(axes.stream().mapToLong(Integer::longValue).toArray());
    switch (node.op()) {
      case "ReduceMean" -> {
        var means = new Means(all, over, wide);
        String mean = means.of(input);
        if (node.integer("keepdims", 1) == 0) {
          mean = out.add("Squeeze", mean, over);
        }
        finish(node, cast(mean, wide, type));
      }
      case "LayerNormalization", "RMSNormalization" -> {
        boolean centred = node.op().equals("LayerNormalization");
        String normal = normal(node, new Means(all, over, wide), input, centred, wide);
        String scaled = out.add("Mul", cast(normal, wide, type), node.inputs().get(1));
        finish(node, node.input(2).map(bias -> out.add("Add", scaled, bias)).orElse(scaled));
      }
      case "GroupNormalization" -> group(node, all, input, type, wide);
      case "BatchNormalization" -> {
        String normal = normal(node, new Means(all, over, wide), input, true, wide);
        finish(node, scaled(node, cast(normal, wide, type)));
      }
      case "MeanVarianceNormalization" ->
          finish(
              node, cast(normal(node, new Means(all, over, wide), input, true, wide), wide, type));
      default -> throw new IllegalStateException(node.op());
    }
  }

  private void group(Node node, String all, String input, DataType type, DataType wide) {
    String x = node.inputs().getFirst();
    String shape = out.ints(0, node.integer("num_groups", 1), -1);
    var means = new Means(out.add("Reshape", all, shape), out.ints(2), wide);
    String normal = normal(node, means, out.add("Reshape", input, shape), true, wide);
    String back = cast(out.add("Reshape", normal, out.add("Shape", x)), wide, type);
    finish(node, scaled(node, back));
  }

  /** With a scale and a bias for each channel. */
  private String scaled(Node node, String normal) {
    long[] channelwise = new long[shapes.rank(node.inputs().getFirst()) - 1];
    Arrays.fill(channelwise, 1);
    channelwise[0] = -1;
    String column = out.ints(channelwise);
    String scaled = out.add("Mul", normal, out.add("Reshape", node.inputs().get(1), column));
    return out.add("Add", scaled, out.add("Reshape", node.inputs().get(2), column));
  }

  private String normal(Node node, Means means, String x, boolean centred, DataType wide) {
    String from = centred ? out.add("Sub", x, means.of(x)) : x;
    String variance = means.of(out.add("Mul", from, from));
    double otherwise = node.op().equals("MeanVarianceNormalization") ? 1e-9 : 1e-5;
    String epsilon = out.scalar(node.real("epsilon", (float) otherwise), wide);
    return out.add("Div", from, out.add("Sqrt", out.add("Add", variance, epsilon)));
  }

  private String cast(String value, DataType from, DataType to) {
    return from == to ? value : out.add("Cast", Map.of("to", Attribute.of(to.code())), value);
  }

  private void finish(Node node, String value) {
    out.add(Node.of("Identity", List.of(value), List.of(node.outputs().getFirst())));
  }

  /** Means over some axes of what a mask leaves there. */
  private final class Means {
    private final String mask;
    private final String axes;
    private final String zero;
    private final String count;

    Means(String mask, String axes, DataType type) {
      this.mask = mask;
      this.axes = axes;
      this.zero = out.scalar(0, type);
      String ones = out.add("Cast", Map.of("to", Attribute.of(type.code())), mask);
      String left = out.add("ReduceSum", KEPT, ones, axes);
      this.count = out.add("Max", left, out.scalar(1, type)); // a group may be empty, and unread
    }

    String of(String x) {
      return out.add(
          "Div", out.add("ReduceSum", KEPT, out.add("Where", mask, x, zero), axes), count);
    }
  }
}
