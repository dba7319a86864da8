package org.espalier.graph.eval;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/** Runs a graph node by node; every node must have a rule. */
public final class Walker {
  private Walker() {}

  public static List<Tensor> run(Graph graph, Map<String, Tensor> inputs) {
    var values = new HashMap<String, Tensor>(graph.initializers());
    graph.sparseInitializers().forEach((name, sparse) -> values.put(name, sparse.toDense()));
    values.putAll(inputs);
    for (Node node : graph.nodes()) {
      var operands = new ArrayList<Tensor>();
      node.inputs().forEach(name -> operands.add(name.isEmpty() ? null : values.get(name)));
      List<Tensor> results = Evaluator.evaluate(node, operands);
      for (int k = 0; k < results.size(); k++) {
        if (node.output(k).isPresent()) {
          values.put(node.outputs().get(k), results.get(k));
        }
      }
    }
    return graph.outputs().stream().map(ValueInfo::name).map(values::get).toList();
  }
}
