package org.espalier.graph;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An operator that a model defines itself, as a body of nodes.
 *
 * @param attributes names of attributes that a call must give
 * @param defaults attributes that a call may give, with their defaults
 * @param opsets the operator sets that the body uses, by domain
 */
public record Function(
    String name,
    String domain,
    String overload,
    List<String> inputs,
    List<String> outputs,
    List<String> attributes,
    Map<String, Attribute> defaults,
    List<Node> nodes,
    Map<String, Long> opsets,
    List<ValueInfo> values,
    Details details) {

  public Function {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    attributes = List.copyOf(attributes);
    defaults = Collections.unmodifiableMap(new LinkedHashMap<>(defaults));
    nodes = List.copyOf(nodes);
    opsets = Collections.unmodifiableMap(new LinkedHashMap<>(opsets));
    values = List.copyOf(values);
  }
}
