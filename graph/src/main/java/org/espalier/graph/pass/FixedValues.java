package org.espalier.graph.pass;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.eval.Evaluator;

/**
 * The values of a model's graph that no run can change: initializers and the outputs of {@code
 * Constant} nodes.
 *
 * <p>From file format 4 on, an initializer that is listed among the inputs is only a default.
 * Before that all initializers had to be listed, and are constants all the same.
 */
final class FixedValues {
  private final Model model;
  private final Names names;
  private final Set<String> replaceable = new HashSet<>();
  private final Map<String, Node> nodes = new HashMap<>();
  private final Map<String, Tensor> added = new LinkedHashMap<>();

  FixedValues(Model model) {
    this.model = model;
    Graph graph = model.graph();
    names = new Names(graph);
    if (model.irVersion() >= 4) {
      graph.inputs().forEach(input -> replaceable.add(input.name()));
    }
    for (Node node : graph.nodes()) {
      if (node.is("Constant")) {
        node.output(0).ifPresent(output -> nodes.put(output, node));
      }
    }
  }

  /** The constant of this name, where it is one. */
  Optional<Tensor> find(String name) {
    if (added.containsKey(name)) {
      return Optional.of(added.get(name));
    }
    if (replaceable.contains(name)) {
      return Optional.empty();
    }
    Optional<Tensor> initializer = model.graph().initializer(name);
    if (initializer.isPresent()) {
      return initializer;
    }
    return Optional.ofNullable(nodes.get(name))
        .map(node -> Evaluator.evaluate(node, List.of()).getFirst());
  }

  /** Adds an initializer, or gives one that is there another content. */
  void put(String name, Tensor tensor) {
    added.put(name, tensor);
  }

  /** A name that no value has, made from {@code wish}. */
  String freshName(String wish) {
    return names.fresh(wish);
  }

  /** The model with these nodes, and with the constants that were put here. */
  Model rebuilt(List<Node> nodes) {
    Graph graph = model.graph();
    var dense = new LinkedHashMap<>(graph.initializers());
    var sparse = new LinkedHashMap<>(graph.sparseInitializers());
    var inputs = new LinkedHashMap<String, ValueInfo>();
    graph.inputs().forEach(input -> inputs.put(input.name(), input));
    added.forEach(
        (name, tensor) -> {
          sparse.remove(name);
          dense.put(name, tensor);
          if (model.irVersion() < 4) {
            inputs.put(name, ValueInfo.of(name, tensor.type(), Shape.of(tensor.dims())));
          }
        });
    var produced = new HashSet<String>(dense.keySet());
    produced.addAll(inputs.keySet());
    nodes.forEach(node -> produced.addAll(node.outputs()));
    return model.withGraph(
        new Graph(
            graph.name(),
            nodes,
            dense,
            sparse,
            List.copyOf(inputs.values()),
            graph.outputs(),
            graph.values().stream().filter(value -> produced.contains(value.name())).toList(),
            graph.annotations(),
            graph.details()));
  }
}
