package org.espalier.graph.inspect;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.infer.Shapes;

/**
 * The multiply-accumulates of one run of a node: products of two values that are summed. Bias,
 * activation and normalisation count nothing, as in the literature; a convolution's padding counts
 * as if it were data.
 */
public final class Macs {
  private final Node node;
  private final Function<String, Optional<long[]>> sizes;

  private Macs(Node node, Function<String, Optional<long[]>> sizes) {
    this.node = node;
    this.sizes = sizes;
  }

  /** The count, 0 for an operator without any, or empty where a shape that decides isn't known. */
  static Optional<Long> of(Node node, Shapes shapes) {
    return of(node, value -> shapes.shape(value).flatMap(Shape::sizes));
  }

  /**
   * Likewise for values of these sizes, which needn't be those of a model as it is.
   *
   * @param sizes the shape of each value that the node reads or makes, where it is known
   */
  public static Optional<Long> of(Node node, Function<String, Optional<long[]>> sizes) {
    try {
      return Optional.of(new Macs(node, sizes).count());
    } catch (UnknownShape unknown) {
      return Optional.empty();
    }
  }

  /** The inputs of a counted operator whose zeros save work. */
  static List<Integer> weights(Node node) {
    return switch (node.op()) {
      case "Conv", "FusedConv", "ConvInteger", "DeformConv", "ConvTranspose" -> List.of(1);
      case "Gemm",
          "FusedGemm",
          "MatMul",
          "FusedMatMul",
          "MatMulInteger",
          "MatMulIntegerToFloat",
          "DynamicQuantizeMatMul",
          "Einsum" ->
          List.of(0, 1);
      case "QLinearConv" -> List.of(3);
      case "QLinearMatMul", "QGemm" -> List.of(0, 3);
      case "RNN", "GRU", "LSTM" -> List.of(1, 2);
      default -> List.of();
    };
  }

  private long count() {
    return switch (node.op()) {
      case "Conv", "FusedConv", "ConvInteger", "DeformConv" -> output() * size(1) / dim(1, 0);
      case "QLinearConv" -> output() * size(3) / dim(3, 0);
      case "ConvTranspose" -> size(0) * size(1) / dim(1, 0);
      case "Gemm", "FusedGemm", "QGemm" ->
          output() * dim(0, node.integer("transA", 0) == 0 ? 1 : 0);
      case "FusedMatMul" -> output() * dim(0, node.integer("transA", 0) == 0 ? -1 : -2);
      case "MatMul",
          "MatMulInteger",
          "QLinearMatMul",
          "MatMulIntegerToFloat",
          "DynamicQuantizeMatMul" ->
          output() * dim(0, -1);
      case "Einsum" -> einsum();
      case "RNN", "GRU", "LSTM" -> dim(0, 0) * dim(0, 1) * (size(1) + size(2));
      case "Attention" -> node.isStandard() ? attention() : 0;
      default -> 0;
    };
  }

  /** One product for each combination of labels, where there are two operands. */
  private long einsum() {
    String[] terms = node.text("equation", "").replace(" ", "").split("->", 2)[0].split(",", -1);
    if (terms.length != 2 || terms[0].contains(".") || terms[1].contains(".")) {
      if (terms.length == 1) {
        return 0;
      }
      throw new UnknownShape();
    }
    Map<Character, Long> labels = new HashMap<>();
    for (int operand = 0; operand < 2; operand++) {
      for (int axis = 0; axis < terms[operand].length(); axis++) {
        labels.merge(terms[operand].charAt(axis), dim(operand, axis), Math::max);
      }
    }
    return labels.values().stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }

  /** Scores and weighted values: batch * queries * keys * heads * (d of keys + d of values). */
  private long attention() {
    boolean split = sizes(name(0)).length == 4;
    long queries = dim(0, -2);
    long keys = dim(1, -2);
    if (node.output(1).isPresent()) {
      keys = sizes(node.outputs().get(1))[2]; // past keys included
    }
    long scores;
    long values;
    if (split) {
      scores = dim(0, 1) * dim(0, 3);
      values = dim(0, 1) * dim(2, 3);
    } else {
      long heads = node.integer("q_num_heads", 1);
      scores = dim(0, 2);
      values = heads * dim(2, 2) / node.integer("kv_num_heads", 1);
    }
    return dim(0, 0) * queries * keys * (scores + values);
  }

  private String name(int input) {
    return node.input(input).orElseThrow(UnknownShape::new);
  }

  private long[] sizes(String value) {
    return sizes.apply(value).orElseThrow(UnknownShape::new);
  }

  private long dim(int input, int axis) {
    long[] sizes = sizes(name(input));
    int at = axis < 0 ? axis + sizes.length : axis;
    if (at < 0 || at >= sizes.length) {
      throw new UnknownShape();
    }
    return sizes[at];
  }

  private long size(int input) {
    return product(sizes(name(input)));
  }

  private long output() {
    return product(sizes(node.outputs().getFirst()));
  }

  private static long product(long... sizes) {
    long product = 1;
    for (long size : sizes) {
      if (Math.multiplyHigh(product, size) != 0 || product * size < 0) {
        throw new UnknownShape(); // a file can claim sizes whose product no long holds
      }
      product *= size;
    }
    return product;
  }

  private static final class UnknownShape extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnknownShape() {
      super(null, null, false, false);
    }
  }
}
