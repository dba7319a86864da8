package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Set;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.infer.Shapes;

/**
 * Removes nodes whose result is their input: Identity, and Cast to the type that a value has. A
 * node that makes an output of the graph, or a value that a subgraph uses, stays.
 */
public final class RemoveIdentities implements Pass {
  @Override
  public Model apply(Model model) {
    Graph graph = model.graph();
    if (graph.nodes().stream().noneMatch(node -> node.is("Identity") || node.is("Cast"))) {
      return model;
    }
    Shapes shapes = Shapes.infer(model);
    Set<String> needed = new HashSet<>();
    graph.outputs().forEach(output -> needed.add(output.name()));
    graph.nodes().stream()
        .flatMap(node -> node.subgraphs().stream())
        .forEach(subgraph -> needed.addAll(subgraph.captured()));
    var same = new HashMap<String, String>();
    var nodes = new ArrayList<Node>();
    for (Node node : graph.nodes()) {
      Node renamed =
          node.withInputs(node.inputs().stream().map(in -> same.getOrDefault(in, in)).toList());
      if (isIdentity(node, shapes) && !needed.contains(node.outputs().getFirst())) {
        same.put(node.outputs().getFirst(), renamed.inputs().getFirst());
      } else {
        nodes.add(renamed);
      }
    }
    return model.withGraph(graph.withNodes(nodes));
  }

  private static boolean isIdentity(Node node, Shapes shapes) {
    return node.is("Identity")
        || (node.is("Cast")
            && shapes
                .element(node.inputs().getFirst())
                .filter(
                    type -> DataType.ofCode(node.integer("to", 0)).filter(type::equals).isPresent())
                .isPresent());
  }
}
