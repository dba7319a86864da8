package org.espalier.graph.pass;

import java.util.List;
import java.util.function.UnaryOperator;
import org.espalier.graph.Model;

/**
 * A rewriting of a model that leaves what it computes unchanged. Inputs and outputs keep their
 * names and order; nodes of unknown operators, subgraphs and functions are left as they are.
 */
@FunctionalInterface
public interface Pass extends UnaryOperator<Model> {
  /** These passes, one after the other. */
  static Pass sequence(List<Pass> passes) {
    List<Pass> fixed = List.copyOf(passes);
    return model -> {
      Model result = model;
      for (Pass pass : fixed) {
        result = pass.apply(result);
      }
      return result;
    };
  }
}
