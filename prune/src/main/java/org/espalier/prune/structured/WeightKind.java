package org.espalier.prune.structured;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Operators;
import org.espalier.graph.Tensor;

/** What a weight does, told by the operators that read it. */
public enum WeightKind {
  /** A kernel, matrix or table: what most saliencies look at. */
  MATRIX,

  /** A normalisation's or a multiplication's scale of each channel. */
  SCALE,

  /** Something added to each channel. */
  BIAS,

  /** Running statistics, and constants of quantisation. */
  STATISTIC;

  private static final Set<String> MOVES =
      Set.of(
          "Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Cast", "DequantizeLinear");

  /** The kind of every initializer; the first use decides. */
  static Map<String, WeightKind> of(Graph graph) {
    Map<String, List<Node>> consumers = graph.consumers();
    var kinds = new HashMap<String, WeightKind>();
    graph.initializers().forEach((name, tensor) -> kinds.put(name, kind(name, tensor, consumers)));
    graph
        .sparseInitializers()
        .forEach((name, sparse) -> kinds.put(name, kind(name, sparse.toDense(), consumers)));
    return kinds;
  }

  private static WeightKind kind(String weight, Tensor tensor, Map<String, List<Node>> consumers) {
    String name = weight;
    for (int hops = 0; hops < 8; hops++) {
      List<Node> readers = consumers.getOrDefault(name, List.of());
      if (readers.isEmpty()) {
        return bySize(tensor, BIAS);
      }
      Node reader = readers.getFirst();
      int input = reader.inputs().indexOf(name);
      if (!MOVES.contains(reader.op()) || input != 0) {
        return read(reader, input, tensor);
      }
      name = reader.outputs().getFirst();
    }
    return bySize(tensor, BIAS);
  }

  private static WeightKind read(Node reader, int input, Tensor tensor) {
    if (Operators.NORMALIZATIONS.contains(reader.op())) {
      return input == 1 ? SCALE : input == 2 ? BIAS : STATISTIC;
    }
    return switch (reader.op()) {
      case "Mul", "Div", "PRelu" -> bySize(tensor, SCALE);
      case "QuantizeLinear", "DequantizeLinear" -> STATISTIC;
      default -> bySize(tensor, BIAS);
    };
  }

  /** A tensor with two axes longer than 1 is a matrix, whatever reads it. */
  private static WeightKind bySize(Tensor tensor, WeightKind otherwise) {
    int longAxes = 0;
    for (long dim : tensor.dims()) {
      longAxes += dim > 1 ? 1 : 0;
    }
    return longAxes >= 2 ? MATRIX : otherwise;
  }
}
