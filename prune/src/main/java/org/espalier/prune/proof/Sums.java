package org.espalier.prune.proof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;

/**
 * The axes that an operator sums over, or combines in another way: one index of such an axis
 * reaches all that the operator writes.
 *
 * @param input which input has the axis
 * @param axis counted from 0
 * @param partner the input that it is multiplied with there; -1 where there is none
 * @param zero what an index must hold in order to leave the result as it is; where {@code
 *     zeroInput} is an input of the node, that input's value
 */
record Sums(int input, int axis, int partner, double zero, int zeroInput) {
  private static Sums product(int input, int axis, int partner) {
    return new Sums(input, axis, partner, 0, -1);
  }

  /** A sum of the first input alone. */
  static Sums all(int axis) {
    return new Sums(0, axis, -1, 0, -1);
  }

  /** A product of integers, which stand for 0 where they are the zero point. */
  private static Sums shifted(int input, int axis, int partner, int zeroPoint) {
    return new Sums(input, axis, partner, 0, zeroPoint);
  }

  /** Those of a node of the canonical view but for normalisations and means. */
  static List<Sums> of(Node node, Shapes shapes) {
    if (!node.isStandard()) {
      return List.of();
    }
    return switch (node.op()) {
      case "Conv", "DeformConv" -> conv(node, shapes, 1, -1);
      case "ConvTranspose" -> List.of(product(0, 1, 1));
      case "ConvInteger" -> conv(node, shapes, 1, 2);
      case "QLinearConv" -> conv(node, shapes, 3, 2);
      case "Gemm" ->
          List.of(
              product(0, node.integer("transA", 0) == 0 ? 1 : 0, 1),
              product(1, node.integer("transB", 0) == 0 ? 0 : 1, 0));
      case "MatMul" -> matmul(node, shapes, 1, -1, -1);
      case "MatMulInteger" -> matmul(node, shapes, 1, 2, 3);
      case "QLinearMatMul" -> matmul(node, shapes, 3, 2, 5);
      case "Einsum" -> einsum(node, shapes);
      case "LSTM", "GRU", "RNN" -> List.of(product(0, 2, 1), product(2, 2, 2));
      case "Attention" ->
          List.of(
              product(0, shapes.rank(node.inputs().get(0)) - 1, 1),
              product(1, shapes.rank(node.inputs().get(1)) - 1, 0));
      case "ReduceSum", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum" ->
          reduce(node, shapes, 0);
      case "ReduceMax", "ReduceLogSumExp" -> reduce(node, shapes, Double.NEGATIVE_INFINITY);
      case "ReduceMin" -> reduce(node, shapes, Double.POSITIVE_INFINITY);
      case "ReduceProd" -> reduce(node, shapes, 1);
      case "LpNormalization" -> {
        int rank = shapes.rank(node.inputs().getFirst());
        yield List.of(all(Math.floorMod(node.integer("axis", -1), rank)));
      }
      case "DynamicQuantizeLinear" ->
          IntStream.range(0, shapes.rank(node.inputs().getFirst())).mapToObj(Sums::all).toList();
      default -> List.of();
    };
  }

  /** A depthwise convolution sums over no channels. */
  private static List<Sums> conv(Node node, Shapes shapes, int weight, int zeroPoint) {
    boolean depthwise =
        shapes
            .shape(node.inputs().get(weight))
            .filter(shape -> node.integer("group", 1) > 1 && shape.dim(1).sizeOr(-1) == 1)
            .isPresent();
    return depthwise ? List.of() : List.of(shifted(0, 1, weight, zeroPoint));
  }

  private static List<Sums> matmul(Node node, Shapes shapes, int b, int zeroA, int zeroB) {
    int rankA = shapes.rank(node.inputs().getFirst());
    int rankB = shapes.rank(node.inputs().get(b));
    return List.of(shifted(0, rankA - 1, b, zeroA), shifted(b, Math.max(0, rankB - 2), 0, zeroB));
  }

  /** A letter that the result lacks is summed over. */
  private static List<Sums> einsum(Node node, Shapes shapes) {
    String[] sides = node.text("equation", "").replace(" ", "").split("->", 2);
    if (sides.length < 2) {
      return List.of();
    }
    String[] terms = sides[0].split(",", -1);
    var sums = new ArrayList<Sums>();
    for (int input = 0; input < terms.length; input++) {
      String term = terms[input];
      int behind = term.indexOf("...");
      int extra = shapes.rank(node.inputs().get(input)) - term.replace("...", "").length();
      for (int at = 0; at < term.length(); at++) {
        char letter = term.charAt(at);
        if (letter != '.' && sides[1].indexOf(letter) < 0) {
          int axis = behind >= 0 && at > behind ? at - 3 + extra : at;
          sums.add(product(input, axis, partner(terms, input, letter)));
        }
      }
    }
    return sums;
  }

  private static int partner(String[] terms, int input, char letter) {
    for (int other = 0; other < terms.length; other++) {
      if (other != input && terms[other].indexOf(letter) >= 0) {
        return other;
      }
    }
    return -1;
  }

  private static List<Sums> reduce(Node node, Shapes shapes, double neutral) {
    return reduced(node, shapes).stream().map(axis -> new Sums(0, axis, -1, neutral, -1)).toList();
  }

  /** The axes that a reduction goes over. */
  static List<Integer> reduced(Node node, Shapes shapes) {
    int rank = shapes.rank(node.inputs().getFirst());
    Optional<String> input = node.input(1);
    Optional<Tensor> axes = input.flatMap(shapes::constant);
    if (input.isPresent() && axes.isEmpty()) {
      return List.of(); // told at run time: nothing can be known of its channels either
    }
    if (axes.isEmpty() || axes.get().size() == 0) {
      boolean none = node.integer("noop_with_empty_axes", 0) != 0;
      return none ? List.of() : IntStream.range(0, rank).boxed().toList();
    }
    return Arrays.stream(axes.get().integers())
        .mapToObj(axis -> (int) Math.floorMod(axis, (long) rank))
        .toList();
  }
}
