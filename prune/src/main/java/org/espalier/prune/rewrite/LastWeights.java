package org.espalier.prune.rewrite;

import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;

/** The weights that have the last say in a value. */
final class LastWeights {
  private final Graph graph;
  private final Map<String, Node> producers;

  LastWeights(Graph graph) {
    this.graph = graph;
    this.producers = graph.producers();
  }

  /** The initializers that make a value zero where they are zero; none where that isn't known. */
  Set<String> last(String value) {
    Node node = producers.get(value);
    if (node == null || !node.isStandard()) {
      return Set.of();
    }
    return switch (node.op()) {
      case "Conv", "ConvTranspose", "Gemm" -> weights(node, 1, 2);
      case "BatchNormalization", "LayerNormalization", "RMSNormalization" -> weights(node, 1, 2);
      case "MatMul" -> weights(node, 1);
      case "Mul" -> either(node);
      case "Add" -> biased(node);
      case "Reshape",
          "Transpose",
          "Dropout",
          "Identity",
          "Cast",
          "Squeeze",
          "Unsqueeze",
          "Relu",
          "Slice",
          "Gather" ->
          last(node.inputs().getFirst());
      default -> Set.of();
    };
  }

  /** A vector that scales, or else what makes one of the factors zero. */
  private Set<String> either(Node node) {
    for (String input : node.inputs()) {
      if (graph.initializer(input).filter(t -> t.size() > 1 && t.type().isFloat()).isPresent()) {
        return Set.of(input);
      }
    }
    return node.inputs().stream()
        .map(this::last)
        .filter(last -> !last.isEmpty())
        .findFirst()
        .orElse(Set.of());
  }

  private Set<String> biased(Node node) {
    for (int k = 0; k < 2; k++) {
      Optional<String> bias = weight(node.inputs().get(k));
      if (bias.isPresent()) {
        Set<String> rest = last(node.inputs().get(1 - k));
        return rest.isEmpty() ? rest : joined(rest, bias.get());
      }
    }
    return Set.of();
  }

  private static Set<String> joined(Set<String> names, String name) {
    var joined = new HashSet<>(names);
    joined.add(name);
    return joined;
  }

  private Set<String> weights(Node node, int... inputs) {
    var weights = new HashSet<String>();
    for (int input : inputs) {
      if (node.input(input).isPresent()) {
        Optional<String> weight = weight(node.inputs().get(input));
        if (weight.isEmpty()) {
          return Set.of();
        }
        weights.add(weight.get());
      }
    }
    return weights;
  }

  /** The initializer that a weight is; of a quantised one, its scale. */
  Optional<String> weight(String value) {
    if (graph.isInitializer(value)) {
      return Optional.of(value);
    }
    Node node = producers.get(value);
    if (node == null || !node.isStandard()) {
      return Optional.empty();
    }
    return switch (node.op()) {
      case "DequantizeLinear" -> weight(node.inputs().get(1));
      case "Transpose", "Reshape", "Cast", "Identity", "Squeeze", "Unsqueeze" ->
          weight(node.inputs().getFirst());
      default -> Optional.empty();
    };
  }
}
