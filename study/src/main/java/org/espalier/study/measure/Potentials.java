package org.espalier.study.measure;

import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Operators;

/** The values that go into a graph's activation functions. */
final class Potentials {
  private Potentials() {}

  /** What goes into activation functions, in graph order, with the axis of its units. */
  static Map<String, Integer> of(Graph graph) {
    Map<String, Node> producers = graph.producers();
    var axes = new LinkedHashMap<String, Integer>();
    for (Node node : graph.nodes()) {
      if (node.isStandard() && Operators.ACTIVATIONS.contains(node.op())) {
        Node maker = producers.get(node.inputs().getFirst());
        for (int hops = 0; hops < 4 && maker != null && !isLayer(maker); hops++) {
          maker = producers.get(maker.inputs().isEmpty() ? "" : maker.inputs().getFirst());
        }
        boolean last = maker != null && (maker.is("MatMul") || maker.is("Gemm"));
        axes.put(node.inputs().getFirst(), last ? -1 : 1);
      }
    }
    return axes;
  }

  private static boolean isLayer(Node node) {
    return node.is("Conv") || node.is("MatMul") || node.is("Gemm");
  }
}
