package org.espalier.graph.pass;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.ValueInfo;

/** The names of values in use, subgraphs included, and new ones beside them. */
public final class Names {
  private final Set<String> used = new HashSet<>();
  private final Map<String, Integer> next = new HashMap<>();

  /** The names of a graph. */
  public Names(Graph graph) {
    collect(graph);
  }

  private void collect(Graph graph) {
    used.addAll(graph.initializers().keySet());
    used.addAll(graph.sparseInitializers().keySet());
    for (ValueInfo input : graph.inputs()) {
      used.add(input.name());
    }
    for (ValueInfo output : graph.outputs()) {
      used.add(output.name());
    }
    for (Node node : graph.nodes()) {
      used.addAll(node.inputs());
      used.addAll(node.outputs());
      node.subgraphs().forEach(this::collect);
    }
  }

  /** {@code hint} itself, or with a number behind it where it is taken. */
  public String fresh(String hint) {
    String name = hint;
    while (!used.add(name)) {
      name = hint + "_" + next.merge(hint, 1, Integer::sum);
    }
    return name;
  }
}
