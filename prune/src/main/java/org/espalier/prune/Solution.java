package org.espalier.prune;

import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.Constants;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;

/**
 * What becomes of a layer.
 *
 * @param weights of the same type, shape and order as the layer's, zero where the mask prunes
 * @param mask which of them are kept
 */
public record Solution(Tensor weights, Mask mask) {
  /** The layer's own weights under a mask. */
  public static Solution masked(Layer layer, Mask mask) {
    return new Solution(mask.apply(layer.tensor()), mask);
  }

  /** New weights under a mask, cleared where it prunes. */
  public static Solution of(Tensor weights, Mask mask) {
    return new Solution(mask.apply(weights), mask);
  }

  /** The layer's own weights under a mask, times a factor. */
  public static Solution scaled(Layer layer, Mask mask, double factor) {
    Tensor scaled = layer.tensor().copy();
    for (int k = 0; k < layer.size(); k++) {
      scaled.setReal(k, factor * scaled.realAt(k));
    }
    return of(scaled, mask);
  }

  /** The model with these solutions' weights, by the names of the constants that hold them. */
  public static Model replaced(Model model, Map<String, Solution> solutions) {
    Map<String, Tensor> shapes = Constants.of(model.graph());
    var weights = new LinkedHashMap<String, Tensor>();
    solutions.forEach(
        (name, solution) -> weights.put(name, solution.weights().reshape(shapes.get(name).dims())));
    return model.withGraph(Constants.replace(model.graph(), weights));
  }

  /** This solution for a layer, whose weights must be finite and as many as the layer's. */
  Solution checked(Layer layer, String method) {
    if (weights.type() != layer.tensor().type() || weights.size() != layer.size()) {
      throw new IllegalStateException(
          "method '%s' made %s of '%s'".formatted(method, weights, layer));
    }
    for (long k = 0; k < weights.size(); k++) {
      double value = weights.realAt(k);
      if (!Double.isFinite(value)) {
        throw new InvalidInputException(
            "method '%s' would make weight %d of '%s' %s, where it was %s"
                .formatted(method, k, layer.weight(), value, layer.tensor().realAt(k)));
      }
    }
    return this;
  }
}
