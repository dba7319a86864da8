package org.espalier.prune;

import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.inspect.Parameters;

/** How many parameters a model has, and how many are not zero. */
public record Count(long parameters, long nonzeros) {
  public static Count of(Model model) {
    long parameters = 0;
    long nonzeros = 0;
    for (Tensor tensor : Parameters.of(model.graph()).values()) {
      parameters += tensor.size();
      nonzeros += tensor.nonzeros();
    }
    return new Count(parameters, nonzeros);
  }
}
