package org.espalier.engine.plan;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Locale;
import java.util.TreeMap;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * What the best kernel for a layer depends on, in words: the operator and its attributes, the
 * shapes, what is fused, and how many of the weights are zero and in which pattern. Two layers that
 * are alike have the same.
 */
final class LayerKey {
  /** Weights that are looked at, in some hundred stretches: enough for two decimals. */
  private static final int SAMPLES = 1 << 16;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private LayerKey() {}

  static String of(Layer layer, Planner planner) {
    Node node = layer.node();
    var text = new StringBuilder(node.op());
    new TreeMap<>(node.attributes())
        .forEach((name, value) -> text.append(' ').append(name).append('=').append(plain(value)));
    for (String input : node.inputs()) {
      text.append(" | ").append(planner.dims(input).map(Arrays::toString).orElse("?"));
      planner.constant(input).ifPresent(weights -> text.append(zeros(weights)));
    }
    text.append(" -> ");
    planner.shapes().shape(layer.output()).ifPresent(text::append);
    text.append(layer.tail()).append(layer.bias().isPresent() ? " bias" : "");
    return text.toString();
  }

  /** Tensors and graphs among a node's attributes don't say which kernel is best. */
  private static String plain(Attribute value) {
    return switch (value) {
      case Attribute.IntValue _,
          Attribute.FloatValue _,
          Attribute.StringValue _,
          Attribute.IntValues _,
          Attribute.FloatValues _ ->
          value.toString();
      default -> value.getClass().getSimpleName();
    };
  }

  /**
   * The share of weights that aren't zero: of single ones, and of groups of four along the first
   * axis and along the last, which tell blocks from scattered weights.
   */
  private static String zeros(Tensor weights) {
    if (weights.type() != DataType.FLOAT || weights.rank() < 2 || weights.size() == 0) {
      return "";
    }
    long rows = weights.dim(0);
    long columns = weights.size() / rows;
    long wide = Math.ceilDiv(columns, 4);
    long blocks = Math.ceilDiv(rows, 4) * wide;
    // Blocks of 4 x 4, every so many; an odd step doesn't keep to a few columns.
    long step = Math.max(1, blocks * 16 / SAMPLES) | 1;
    MemorySegment data = weights.data();
    double single = 0;
    double down = 0;
    double across = 0;
    for (long block = 0; block < blocks; block += step) {
      int bits = block(data, rows, columns, block / wide * 4, block % wide * 4);
      single += Integer.bitCount(bits) / 16.0;
      for (int k = 0; k < 4; k++) {
        down += (bits & (0x1111 << k)) != 0 ? 0.25 : 0;
        across += (bits & 0xf << (4 * k)) != 0 ? 0.25 : 0;
      }
    }
    long seen = Math.ceilDiv(blocks, step);
    return String.format(
        Locale.ROOT, " nonzero %.2f %.2f %.2f", single / seen, down / seen, across / seen);
  }

  /** A bit for each of 4 x 4 weights that isn't zero, row by row; none past the edge. */
  private static int block(MemorySegment data, long rows, long columns, long row, long column) {
    int bits = 0;
    for (int i = 0; i < 4 && row + i < rows; i++) {
      for (int j = 0; j < 4 && column + j < columns; j++) {
        float value = data.getAtIndex(FLOAT, (row + i) * columns + column + j);
        bits |= value != 0 ? 1 << (4 * i + j) : 0;
      }
    }
    return bits;
  }
}
