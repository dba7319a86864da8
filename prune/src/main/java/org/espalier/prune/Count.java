package org.espalier.prune;

import java.util.Map;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;

/**
 * How many parameters a model has, and how many are not zero. A parameter is an element of a
 * floating-point constant with at least one axis; scalars and integers are settings, not weights.
 */
public record Count(long parameters, long nonzeros) {
  public static Count of(Model model) {
    long parameters = 0;
    long nonzeros = 0;
    for (Map.Entry<String, Tensor> constant : Constants.of(model.graph()).entrySet()) {
      Tensor tensor = constant.getValue();
      if (tensor.type().isFloat() && tensor.rank() > 0) {
        parameters += tensor.size();
        nonzeros += tensor.nonzeros();
      }
    }
    return new Count(parameters, nonzeros);
  }
}
