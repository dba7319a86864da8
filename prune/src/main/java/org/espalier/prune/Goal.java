package org.espalier.prune;

import java.util.List;

/**
 * How sparse one layer is to be.
 *
 * @param prune how many of its weights are to be zero; an N:M pattern says so itself
 * @param standing what is not zero yet: all that may be kept
 * @param seed for methods that draw
 */
public record Goal(Pattern pattern, long prune, Mask standing, long seed) {
  /** A goal for a layer as it is; what is zero already counts. */
  public static Goal of(Layer layer, Pattern pattern, long prune, long seed) {
    Mask standing = Mask.ofNonzeros(layer.tensor());
    return new Goal(pattern, Math.max(prune, standing.pruned()), standing, seed);
  }

  /** The mask that this goal makes of scores, weights that are zero already first. */
  public Mask select(Layer layer, Scores scores) {
    return new Selection(pattern, Allocation.UNIFORM)
        .masks(List.of(layer), List.of(scores.within(standing)), prune)
        .byWeight()
        .get(layer.weight());
  }
}
