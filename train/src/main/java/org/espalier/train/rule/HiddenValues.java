package org.espalier.train.rule;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Operators;
import org.espalier.prune.Layer;
import org.espalier.train.Step;

/** What hidden layers say: the output of each prunable layer but the last, after its activation. */
final class HiddenValues {
  private static final Set<String> AFFINE =
      Set.of("BatchNormalization", "Add", "Mul", "Identity", "Dropout");

  private HiddenValues() {}

  /** The names of these values, in the order of the layers. */
  static Set<String> of(Step step) {
    Graph graph = step.original().graph();
    Map<String, List<Node>> consumers = graph.consumers();
    var names = new LinkedHashSet<String>();
    for (Layer layer : step.layers()) {
      String name = activated(layer.node().outputs().getFirst(), consumers);
      if (step.network().has(name)
          && graph.outputs().stream().noneMatch(output -> output.name().equals(name))) {
        names.add(name);
      }
    }
    return names;
  }

  /** Follows a value to the activation behind it, where one layer alone leads there. */
  private static String activated(String value, Map<String, List<Node>> consumers) {
    String name = value;
    while (true) {
      List<Node> readers = consumers.getOrDefault(name, List.of());
      if (readers.size() != 1) {
        return name;
      }
      Node reader = readers.getFirst();
      if (Operators.ACTIVATIONS.contains(reader.op())) {
        return reader.outputs().getFirst();
      }
      if (!AFFINE.contains(reader.op())) {
        return name;
      }
      name = reader.outputs().getFirst();
    }
  }
}
