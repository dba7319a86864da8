package org.espalier.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.UnsupportedModelException.Unsupported;

/** Inference of a model that asks for random numbers has no right answer, so it is refused. */
final class Randomness {
  private Randomness() {}

  /**
   * @throws UnsupportedModelException where a Dropout is told to train, and at what share it drops
   */
  static void refuse(Graph graph, Map<String, Tensor> inputs) {
    var refused = new ArrayList<Unsupported>();
    for (Node node : graph.nodes()) {
      if (node.is("Dropout")
          && value(graph, inputs, node, 2, 0) != 0
          && value(graph, inputs, node, 1, 0.5) != 0) {
        refused.add(
            new Unsupported(
                node.label(), node.op(), "'training_mode' is on, so that each run is random"));
      }
    }
    if (!refused.isEmpty()) {
      throw new UnsupportedModelException(List.copyOf(refused));
    }
  }

  private static double value(
      Graph graph, Map<String, Tensor> inputs, Node node, int index, double otherwise) {
    return node.input(index)
        .map(name -> inputs.containsKey(name) ? inputs.get(name) : graph.initializers().get(name))
        .filter(tensor -> tensor.size() == 1)
        .map(tensor -> tensor.realAt(0))
        .orElse(otherwise);
  }
}
