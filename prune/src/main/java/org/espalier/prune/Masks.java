package org.espalier.prune;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.Constants;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;

/** The masks of a model's pruned weights, by the name of the constant that holds them. */
public record Masks(Map<String, Mask> byWeight) {
  public static final Masks NONE = new Masks(Map.of());

  public Masks {
    byWeight = Collections.unmodifiableMap(new LinkedHashMap<>(byWeight));
  }

  /** Masks that keep just what is not zero, for each of these layers. */
  public static Masks ofNonzeros(Iterable<Layer> layers) {
    var masks = new LinkedHashMap<String, Mask>();
    layers.forEach(layer -> masks.put(layer.weight(), Mask.ofNonzeros(layer.tensor())));
    return new Masks(masks);
  }

  /** The model with every masked weight zero where its mask says so; all else is shared with it. */
  public Model apply(Model model) {
    Map<String, Tensor> weights = Constants.of(model.graph());
    var masked = new LinkedHashMap<String, Tensor>();
    byWeight.forEach(
        (name, mask) -> {
          Tensor weight = weights.get(name);
          if (weight == null) {
            throw new InvalidInputException("a mask for '" + name + "', which is no constant");
          }
          masked.put(name, mask.apply(weight));
        });
    return model.withGraph(Constants.replace(model.graph(), masked));
  }

  /** Those of the masks that are for weights as this model has them. */
  public Masks on(Model model) {
    Map<String, Tensor> weights = Constants.of(model.graph());
    var fitting = new LinkedHashMap<>(byWeight);
    fitting
        .entrySet()
        .removeIf(
            mask ->
                !weights.containsKey(mask.getKey())
                    || weights.get(mask.getKey()).size() != mask.getValue().size());
    return new Masks(fitting);
  }

  /** How many weights are pruned, over all masks. */
  public long pruned() {
    return byWeight.values().stream().mapToLong(Mask::pruned).sum();
  }

  /** How many weights the masks speak of. */
  public long size() {
    return byWeight.values().stream().mapToLong(Mask::size).sum();
  }

  /** The share of masked tensors' weights that are pruned. */
  public double sparsity() {
    return size() == 0 ? 0 : (double) pruned() / size();
  }
}
