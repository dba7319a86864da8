package org.espalier.prune;

import org.espalier.prune.evidence.Evidence;

/** How much a weight matters: the one idea of most pruning methods. */
@FunctionalInterface
public interface Saliency {
  /**
   * Scores every weight of a layer; the lowest are pruned first.
   *
   * @param evidence what was observed of the network, by the name of a layer's weight
   * @param seed for methods that draw; the same seed gives the same scores, whatever the order of
   *     the layers
   */
  Scores score(Layer layer, Evidence evidence, long seed);

  /** Scores that need no evidence. */
  default Scores score(Layer layer, long seed) {
    return score(layer, Evidence.NONE, seed);
  }

  /** No preference: what counts is only which weights are zero already. */
  static Saliency none() {
    return (layer, evidence, seed) -> Scores.of(layer, (row, column, weight) -> 0);
  }

  /** The magnitude |w| (Han et al., 2015). */
  static Saliency magnitude() {
    return (layer, evidence, seed) -> Scores.of(layer, (row, column, weight) -> Math.abs(weight));
  }

  /** Uniform random scores, from a stream of its own for each weight's name: the control. */
  static Saliency random() {
    return (layer, evidence, seed) -> {
      var random = RandomStreams.of(seed, layer.weight());
      return Scores.of(layer, (row, column, weight) -> random.nextDouble());
    };
  }
}
