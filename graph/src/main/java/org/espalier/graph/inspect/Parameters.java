package org.espalier.graph.inspect;

import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Constants;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * The trained tensors of a graph, as opposed to constants that a network needs to be written down.
 *
 * <p>ONNX doesn't tell them apart. A parameter is a float tensor with at least one axis, or the
 * integers of a quantised weight, in whatever form the file stores it: initializer, sparse
 * initializer or Constant node. Not parameters are scalars, batch normalisation's running
 * statistics, a quantiser's scales, and the sizes and bounds that some operators take as floats.
 */
public final class Parameters {
  /** Inputs that are settings or statistics, not weights. */
  private static final Map<String, Set<Integer>> SETTINGS =
      Map.ofEntries(
          Map.entry("BatchNormalization", Set.of(3, 4)),
          Map.entry("Resize", Set.of(1, 2)),
          Map.entry("Upsample", Set.of(1)),
          Map.entry("Pow", Set.of(1)),
          Map.entry("Clip", Set.of(1, 2)),
          Map.entry("OneHot", Set.of(2)),
          Map.entry("QuantizeLinear", Set.of(1, 2)),
          Map.entry("DequantizeLinear", Set.of(1, 2)),
          Map.entry("QLinearConv", Set.of(1, 2, 4, 5, 6, 7)),
          Map.entry("QLinearMatMul", Set.of(1, 2, 4, 5, 6, 7)));

  /** Inputs whose integers are weights. */
  private static final Map<String, Set<Integer>> QUANTIZED =
      Map.of(
          "DequantizeLinear", Set.of(0),
          "ConvInteger", Set.of(1),
          "MatMulInteger", Set.of(0, 1),
          "QLinearConv", Set.of(3, 8),
          "QLinearMatMul", Set.of(0, 3));

  private Parameters() {}

  /** The parameters by name, in the order of the file; subgraphs have their own. */
  public static Map<String, Tensor> of(Graph graph) {
    Map<String, Tensor> constants = Constants.of(graph);
    Set<String> weights = new HashSet<>();
    Set<String> integers = new HashSet<>();
    for (Node node : graph.nodes()) {
      Set<Integer> settings = SETTINGS.getOrDefault(node.op(), Set.of());
      Set<Integer> quantized = QUANTIZED.getOrDefault(node.op(), Set.of());
      for (int k = 0; k < node.inputs().size(); k++) {
        if (!settings.contains(k)) {
          weights.add(node.inputs().get(k));
        }
        if (quantized.contains(k)) {
          integers.add(node.inputs().get(k));
        }
      }
      node.subgraphs().forEach(subgraph -> weights.addAll(subgraph.captured()));
    }
    graph.outputs().forEach(output -> weights.add(output.name()));
    constants
        .entrySet()
        .removeIf(
            constant -> {
              Tensor tensor = constant.getValue();
              boolean isFloat = tensor.type().isFloat() && tensor.rank() > 0;
              boolean isQuantized =
                  tensor.type().isInteger() && integers.contains(constant.getKey());
              return !(isFloat || isQuantized) || !weights.contains(constant.getKey());
            });
    return Collections.unmodifiableMap(constants);
  }
}
