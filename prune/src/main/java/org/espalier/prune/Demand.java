package org.espalier.prune;

import java.util.Arrays;
import java.util.List;
import org.espalier.prune.evidence.Evidence;

/**
 * What an {@link Allocation} decides on.
 *
 * @param layers in graph order
 * @param scores of each layer; negative infinity where a weight is zero already
 * @param prune how many weights are to be zero in all
 * @param evidence what was observed, as far as the allocation {@linkplain Allocation#needs asks}
 */
public record Demand(
    List<Layer> layers,
    List<Scores> scores,
    Pattern pattern,
    long prune,
    Evidence evidence,
    long seed) {
  public Demand {
    layers = List.copyOf(layers);
    scores = List.copyOf(scores);
    assert layers.size() == scores.size() : layers.size() + " layers, " + scores.size() + " scores";
  }

  /** How many weights the layers have. */
  public long size() {
    return layers.stream().mapToLong(Layer::size).sum();
  }

  /**
   * How many weights of each layer may be zero: all but one, and all where none is left already.
   */
  long[] most() {
    long[] most = new long[layers.size()];
    Arrays.setAll(most, k -> scores.get(k).size() - Math.min(1, scores.get(k).left()));
    return most;
  }

  /** The share of weights that are to be kept. */
  public double density() {
    return 1 - (double) prune / size();
  }

  /** What is not zero yet in the layer of this number. */
  public Mask standing(int layer) {
    Scores found = scores.get(layer);
    boolean[] standing = new boolean[found.size()];
    for (int k = 0; k < standing.length; k++) {
      standing[k] = found.at(k) != Float.NEGATIVE_INFINITY;
    }
    return Mask.of(standing);
  }

  /** The same demand with other scores, for allocations that rank by scores of their own. */
  public Demand withScores(List<Scores> others) {
    return new Demand(layers, others, pattern, prune, evidence, seed);
  }
}
