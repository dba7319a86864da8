package org.espalier.graph;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The constants of a graph, wherever the exporter put them: initializers of both forms, nodes. */
public final class Constants {
  private Constants() {}

  /** Every tensor constant by the name of its value, in a map of the caller's own. */
  public static Map<String, Tensor> of(Graph graph) {
    var constants = new LinkedHashMap<>(graph.initializers());
    graph.sparseInitializers().forEach((name, sparse) -> constants.put(name, sparse.toDense()));
    for (Node node : graph.nodes()) {
      value(node).ifPresent(tensor -> constants.put(node.outputs().getFirst(), tensor));
    }
    return constants;
  }

  private static Optional<Tensor> value(Node node) {
    if (!node.is("Constant")) {
      return Optional.empty();
    }
    return switch (node.attributes().get("value")) {
      case Attribute.TensorValue(Tensor tensor) -> Optional.of(tensor);
      case null, default ->
          node.attributes().get("sparse_value")
                  instanceof Attribute.SparseTensorValue(SparseTensor sparse)
              ? Optional.of(sparse.toDense())
              : Optional.empty();
    };
  }

  /** The graph with these constants changed, each in the place and order that it had. */
  public static Graph replace(Graph graph, Map<String, Tensor> changed) {
    var initializers = new LinkedHashMap<String, Tensor>();
    changed.forEach(
        (name, tensor) -> {
          if (graph.isInitializer(name)) {
            initializers.put(name, tensor);
          }
        });
    Graph replaced = graph.replacing(initializers);
    if (initializers.size() == changed.size()) {
      return replaced;
    }
    return replaced.withNodes(
        graph.nodes().stream()
            .map(
                node -> {
                  Tensor tensor =
                      node.is("Constant") ? changed.get(node.outputs().getFirst()) : null;
                  return tensor == null
                      ? node
                      : node.withAttributes(Map.of("value", Attribute.of(tensor)));
                })
            .toList());
  }
}
