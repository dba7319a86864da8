package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.Function;
import org.espalier.graph.Node;

/**
 * What nodes are read under: operator sets by domain and, in a function's body, the attributes of
 * the call (none in a graph).
 */
record Setting(Map<String, Long> opsets, Map<String, Attribute> attributes) {
  /** The setting of a function's body when {@code call} calls it. */
  static Setting of(Function function, Node call) {
    var attributes = new LinkedHashMap<>(function.defaults());
    attributes.putAll(call.attributes());
    return new Setting(function.opsets(), attributes);
  }

  long opset(Node node) {
    String domain = node.isStandard() ? "" : node.domain();
    Long version = opsets.get(domain);
    return version != null ? version : opsets.getOrDefault(node.domain(), 1L);
  }

  /** The node with references to the call's attributes replaced by these. */
  Node bind(Node node) {
    if (node.attributes().values().stream().noneMatch(Attribute.Reference.class::isInstance)) {
      return node;
    }
    var bound = new LinkedHashMap<String, Attribute>();
    node.attributes()
        .forEach(
            (key, value) -> {
              Attribute actual =
                  value instanceof Attribute.Reference(String name, int _)
                      ? attributes.get(name)
                      : value;
              if (actual != null) {
                bound.put(key, actual);
              }
            });
    return node.withAttributes(bound);
  }

  /** The node without the inputs that the call leaves out. */
  static Node without(Node node, Set<String> absent) {
    if (absent.isEmpty() || node.inputs().stream().noneMatch(absent::contains)) {
      return node;
    }
    var inputs = new ArrayList<>(node.inputs());
    inputs.replaceAll(input -> absent.contains(input) ? "" : input);
    return node.withInputs(inputs);
  }
}
