package org.espalier.prune;

import java.util.List;

/**
 * What was asked of a pruning, what was done, and what was left out.
 *
 * @param method the method's name
 * @param asked the budget as the user gave it
 * @param reached the budget in the same unit as it came out
 * @param note why asked and reached differ, and what else is to be known; mostly empty
 * @param before parameters and non-zeros of the model that went in
 * @param after and of the one that came out
 * @param layers what happened to each layer
 * @param skipped nodes with weights that were not pruned
 */
public record Certificate(
    String method,
    String pattern,
    String allocation,
    long seed,
    String asked,
    String reached,
    String note,
    Count before,
    Count after,
    List<LayerResult> layers,
    List<Skipped> skipped)
    implements Account {

  /** One layer's weights, and how many of them are pruned. */
  public record LayerResult(String weight, String node, long weights, long pruned) {}

  public Certificate {
    layers = List.copyOf(layers);
    skipped = List.copyOf(skipped);
  }

  /** Of the same pruning, where the pruned weights were given values again afterwards. */
  public Certificate filled(Count now) {
    String values =
        "%,d pruned weights were given values again and count as non-zero"
            .formatted(now.nonzeros() - after.nonzeros());
    return new Certificate(
        method,
        pattern,
        allocation,
        seed,
        asked,
        reached,
        note.isEmpty() ? values : note + "; " + values,
        before,
        now,
        layers,
        skipped);
  }
}
