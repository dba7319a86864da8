package org.espalier.torch;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * Which initializers are weights to be trained. A file doesn't say; the operator that reads an
 * initializer, directly or through reshapes and the like, tells it apart from a constant:
 *
 * <ul>
 *   <li>matrices, kernels, biases, scales and embeddings of layers (Conv, Gemm, MatMul,
 *       normalisations, recurrent layers, PRelu, Gather, Einsum) are weights, whatever their size;
 *   <li>an operand of Add, Sub or Concat is one when it has several elements, such as a bias or a
 *       position embedding, and when none of them is so large that it is a mask; a single one is
 *       where it is added to a MatMul's output, a bias too;
 *   <li>an operand of Mul or Div is one when it has several elements along one axis, such as a
 *       layer scale; tables of sines and single constants are not;
 *   <li>everything else is a constant: running statistics, bounds, paddings, factors.
 * </ul>
 */
final class Trainable {
  private static final Set<DataType> TYPES =
      Set.of(DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16, DataType.BFLOAT16);

  private static final Set<String> PASSING =
      Set.of(
          "Identity",
          "Transpose",
          "Reshape",
          "Squeeze",
          "Unsqueeze",
          "Flatten",
          "Cast",
          "Expand",
          "Slice",
          "Split",
          "Tile");

  /** The inputs that hold a layer's weights. */
  private static final Map<String, List<Integer>> WEIGHTS =
      Map.ofEntries(
          Map.entry("Conv", List.of(1, 2)),
          Map.entry("ConvTranspose", List.of(1, 2)),
          Map.entry("Gemm", List.of(0, 1, 2)),
          Map.entry("MatMul", List.of(0, 1)),
          Map.entry("Einsum", List.of(0, 1, 2, 3)),
          Map.entry("BatchNormalization", List.of(1, 2)),
          Map.entry("InstanceNormalization", List.of(1, 2)),
          Map.entry("LayerNormalization", List.of(1, 2)),
          Map.entry("GroupNormalization", List.of(1, 2)),
          Map.entry("RMSNormalization", List.of(1)),
          Map.entry("PRelu", List.of(1)),
          Map.entry("Gather", List.of(0)),
          Map.entry("RNN", List.of(1, 2, 3)),
          Map.entry("GRU", List.of(1, 2, 3)),
          Map.entry("LSTM", List.of(1, 2, 3, 7)));

  /** Beyond this a number stands for minus infinity in an attention mask. */
  private static final double MASK = 1e4;

  private final Map<String, List<Node>> consumers;
  private final Map<String, Node> producers;

  private Trainable(Graph graph) {
    this.consumers = graph.consumers();
    this.producers = graph.producers();
  }

  static Set<String> of(Graph graph) {
    var rule = new Trainable(graph);
    var trainable = new LinkedHashSet<String>();
    graph
        .initializers()
        .forEach(
            (name, tensor) -> {
              if (TYPES.contains(tensor.type()) && rule.isWeight(name, tensor, new HashSet<>())) {
                trainable.add(name);
              }
            });
    return trainable;
  }

  private boolean isWeight(String value, Tensor tensor, Set<String> seen) {
    if (!seen.add(value)) {
      return false;
    }
    for (Node node : consumers.getOrDefault(value, List.of())) {
      if (!node.isStandard()) {
        continue;
      }
      int at = node.inputs().indexOf(value);
      if (WEIGHTS.getOrDefault(node.op(), List.of()).contains(at) || isOperand(node, tensor)) {
        return true;
      }
      if (PASSING.contains(node.op()) && at == 0) {
        for (String output : node.outputs()) {
          if (isWeight(output, tensor, seen)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private boolean isOperand(Node node, Tensor tensor) {
    return switch (node.op()) {
      case "Add" -> (tensor.size() > 1 || followsProduct(node)) && !isMask(tensor);
      case "Sub", "Concat" -> tensor.size() > 1 && !isMask(tensor);
      case "Mul", "Div" ->
          tensor.size() > 1 && Arrays.stream(tensor.dims()).filter(size -> size > 1).count() == 1;
      default -> false;
    };
  }

  private boolean followsProduct(Node node) {
    return node.inputs().stream()
        .map(producers::get)
        .anyMatch(producer -> producer != null && producer.is("MatMul"));
  }

  private static boolean isMask(Tensor tensor) {
    for (long k = 0; k < tensor.size(); k++) {
      if (Math.abs(tensor.realAt(k)) >= MASK) {
        return true;
      }
    }
    return false;
  }
}
