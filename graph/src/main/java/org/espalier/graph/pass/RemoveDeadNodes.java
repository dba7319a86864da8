package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.ValueInfo;

/**
 * Removes nodes and initializers that no output depends on.
 *
 * <p>A use inside a subgraph counts. Inputs of the graph stay, with their defaults. A node of an
 * operator set that nothing is known about stays too: it may have an effect of its own.
 */
public final class RemoveDeadNodes implements Pass {
  /** Operator sets whose operators do nothing but make their outputs. */
  private static final Set<String> PURE =
      Set.of("", "ai.onnx", "ai.onnx.ml", "com.microsoft", "pkg.onnxscript.torch_lib");

  @Override
  public Model apply(Model model) {
    Graph graph = model.graph();
    var used = new HashSet<String>();
    graph.outputs().forEach(output -> used.add(output.name()));
    var kept = new ArrayList<Node>();
    for (Node node : graph.nodes().reversed()) {
      if (!PURE.contains(node.domain()) || node.outputs().stream().anyMatch(used::contains)) {
        kept.add(node);
        used.addAll(Graph.uses(node));
      }
    }
    Collections.reverse(kept);
    graph.inputs().stream().map(ValueInfo::name).forEach(used::add);
    var dense = new LinkedHashMap<>(graph.initializers());
    var sparse = new LinkedHashMap<>(graph.sparseInitializers());
    dense.keySet().retainAll(used);
    sparse.keySet().retainAll(used);
    var made = new HashSet<String>(used);
    kept.forEach(node -> made.addAll(node.outputs()));
    List<ValueInfo> values =
        graph.values().stream().filter(value -> made.contains(value.name())).toList();
    return model.withGraph(
        new Graph(
            graph.name(),
            kept,
            dense,
            sparse,
            graph.inputs(),
            graph.outputs(),
            values,
            graph.annotations(),
            graph.details()));
  }
}
