package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/** Gives each reader of a vector a vector of its own; the first keeps the name. */
final class Vectors {
  /** Longer ones are tables. */
  private static final long LONGEST = 1 << 16;

  private final Set<String> taken = new HashSet<>();
  private final Set<String> replaceable = new HashSet<>();
  private final Names names;
  private final Map<String, Tensor> initializers;

  private Vectors(Graph graph) {
    this.names = new Names(graph);
    this.initializers = new LinkedHashMap<>(graph.initializers());
    graph.inputs().stream().map(ValueInfo::name).forEach(replaceable::add);
    graph.outputs().stream().map(ValueInfo::name).forEach(taken::add);
    for (Node node : graph.nodes()) {
      node.subgraphs().forEach(subgraph -> taken.addAll(subgraph.captured()));
    }
  }

  static Graph apart(Graph graph) {
    var vectors = new Vectors(graph);
    List<Node> nodes = graph.nodes().stream().map(vectors::own).toList();
    return vectors.initializers.size() == graph.initializers().size()
        ? graph
        : InlineFunctions.withInitializers(graph.withNodes(nodes), vectors.initializers);
  }

  private Node own(Node node) {
    var inputs = new ArrayList<String>(node.inputs());
    for (int k = 0; k < inputs.size(); k++) {
      String name = inputs.get(k);
      Tensor tensor = initializers.get(name);
      boolean own = tensor != null && isVector(tensor) && !replaceable.contains(name);
      if (own && !taken.add(name)) {
        inputs.set(k, names.fresh(name));
        initializers.put(inputs.get(k), tensor);
        taken.add(inputs.get(k));
      }
    }
    return inputs.equals(node.inputs()) ? node : node.withInputs(inputs);
  }

  /** Whether one axis at most is longer than 1. Shapes and indices are INT64, and stay shared. */
  private static boolean isVector(Tensor tensor) {
    long longest = 1;
    for (long size : tensor.dims()) {
      longest = Math.max(longest, size);
    }
    return tensor.type() != DataType.INT64
        && longest > 1
        && longest <= LONGEST
        && longest == tensor.size();
  }
}
