package org.espalier.torch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/**
 * Where a file keeps its weights: as initializers, dense or sparse, or as Constant nodes of the
 * main graph. A constant that a pass made up, or that lies in a function's body, can't be written
 * back.
 */
final class WrittenWeights {
  private WrittenWeights() {}

  static Set<String> names(Model model) {
    var names = new HashSet<String>(model.graph().initializers().keySet());
    names.addAll(model.graph().sparseInitializers().keySet());
    for (Node node : model.graph().nodes()) {
      if (node.is("Constant")) {
        names.add(node.outputs().getFirst());
      }
    }
    return names;
  }

  static Model replacing(Model model, Map<String, Tensor> weights) {
    var initializers = new HashMap<String, Tensor>();
    weights.forEach(
        (name, tensor) -> {
          if (model.graph().isInitializer(name)) {
            initializers.put(name, tensor);
          }
        });
    List<Node> nodes = new ArrayList<>();
    for (Node node : model.graph().nodes()) {
      Tensor tensor = node.is("Constant") ? weights.get(node.outputs().getFirst()) : null;
      nodes.add(tensor == null ? node : node.withAttributes(Map.of("value", Attribute.of(tensor))));
    }
    return model.withGraph(model.graph().replacing(initializers).withNodes(nodes));
  }
}
