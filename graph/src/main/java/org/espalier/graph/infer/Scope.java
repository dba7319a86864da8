package org.espalier.graph.infer;

import java.util.Map;
import java.util.Optional;

/** The values known in a graph and, for a subgraph, in those around it. */
record Scope(Map<String, Fact> facts, Scope outer) {
  Optional<Fact> find(String value) {
    Fact fact = facts.get(value);
    if (fact != null) {
      return Optional.of(fact);
    }
    return outer == null ? Optional.empty() : outer.find(value);
  }
}
