package org.espalier.prune.repair;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Where a layer's intercept goes: its bias, or the one that is added right behind it. */
final class Intercepts {
  private Intercepts() {}

  /** The constant that takes a layer's intercept, one number for each output. */
  static Optional<String> of(
      Graph graph, Node layer, int outputs, Map<String, List<Node>> consumers) {
    if (!layer.is("MatMul")) {
      return layer.input(2).filter(name -> isVector(graph, name, outputs, consumers));
    }
    List<Node> next = consumers.getOrDefault(layer.outputs().getFirst(), List.of());
    if (next.size() != 1 || !next.getFirst().is("Add")) {
      return Optional.empty();
    }
    return next.getFirst().inputs().stream()
        .filter(name -> isVector(graph, name, outputs, consumers))
        .findFirst();
  }

  private static boolean isVector(
      Graph graph, String name, int size, Map<String, List<Node>> consumers) {
    return consumers.getOrDefault(name, List.of()).size() == 1
        && graph
            .initializer(name)
            .filter(tensor -> tensor.rank() == 1 && tensor.size() == size)
            .isPresent();
  }

  /** The model with a bias of zeros for each convolution that has none. */
  static Model added(Model model) {
    Graph graph = model.graph();
    var initializers = new LinkedHashMap<>(graph.initializers());
    var nodes = new ArrayList<Node>();
    for (Node node : graph.nodes()) {
      Tensor weight = node.is("Conv") ? initializers.get(node.inputs().get(1)) : null;
      if (weight == null || node.input(2).isPresent() || weight.type() != DataType.FLOAT) {
        nodes.add(node);
        continue;
      }
      String bias = node.outputs().getFirst() + "/bias";
      while (initializers.containsKey(bias)) {
        bias += "_";
      }
      initializers.put(bias, Tensor.allocate(DataType.FLOAT, weight.dim(0)));
      nodes.add(node.withInputs(List.of(node.inputs().get(0), node.inputs().get(1), bias)));
    }
    return model.withGraph(graph.with(nodes, initializers));
  }
}
