package org.espalier.reference;

import java.util.Map;
import java.util.stream.Stream;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;

/**
 * Which models multiply bytes, and of which ONNX Runtime can be asked to do so exactly. With AVX2
 * it cuts sums of two such products off at 16 bits, unless it is asked to widen them.
 */
final class ByteProducts {
  /**
   * How many inputs such operators have, up to the weights' zero point. Where it's left out, ONNX
   * Runtime ends the process when it is asked to widen them; of the last two that is not known.
   */
  private static final Map<String, Integer> INPUTS =
      Map.of(
          "MatMulInteger", 4,
          "QLinearConv", 6,
          "QLinearMatMul", 6,
          "QGemm", 6,
          "MatMulIntegerToFloat", 6,
          "DynamicQuantizeMatMul", 4,
          "QAttention", Integer.MAX_VALUE,
          "DynamicQuantizeLSTM", Integer.MAX_VALUE);

  private ByteProducts() {}

  /** Whether there are any, all of which ONNX Runtime can be asked to widen. */
  static boolean canBeWidened(Graph graph) {
    return nodes(graph).anyMatch(node -> INPUTS.containsKey(node.op()))
        && nodes(graph).allMatch(ByteProducts::isComplete);
  }

  private static Stream<Node> nodes(Graph graph) {
    return graph.nodes().stream()
        .flatMap(
            node ->
                Stream.concat(
                    Stream.of(node), node.subgraphs().stream().flatMap(ByteProducts::nodes)));
  }

  private static boolean isComplete(Node node) {
    // Dequantised factors are fused to such products, too.
    int inputs = INPUTS.getOrDefault(node.op(), node.op().equals("DequantizeLinear") ? 3 : 0);
    return inputs == 0 || node.input(inputs - 1).isPresent();
  }
}
