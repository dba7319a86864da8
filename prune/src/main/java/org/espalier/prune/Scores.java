package org.espalier.prune;

import org.espalier.graph.InvalidInputException;

/**
 * How much each weight of a layer matters, in the order of the flattened tensor; the lowest go
 * first. Weights that are pruned already score negative infinity, so that they stay pruned.
 */
public final class Scores {
  private final float[] values;

  private Scores(float[] values) {
    this.values = values;
  }

  /** Computes a weight's score from its row (output), its column (input) and its value. */
  @FunctionalInterface
  public interface Scorer {
    double score(int row, int column, float weight);
  }

  /** The score of every weight of {@code layer}; a NaN, from a score or a weight, is an error. */
  public static Scores of(Layer layer, Scorer scorer) {
    float[] values = new float[layer.size()];
    for (int row = 0; row < layer.rows(); row++) {
      for (int column = 0; column < layer.columns(); column++) {
        int index = layer.index(row, column);
        float score = (float) scorer.score(row, column, layer.tensor().floatAt(index));
        if (Float.isNaN(score)) {
          throw new InvalidInputException(
              "'%s' has a NaN score at [%d, %d], where the weight is %s"
                  .formatted(layer.weight(), row, column, layer.tensor().floatAt(index)));
        }
        values[index] = score;
      }
    }
    return new Scores(values);
  }

  /** These scores, with negative infinity where the mask has pruned already. */
  public Scores within(Mask mask) {
    float[] within = values.clone();
    for (int k = 0; k < within.length; k++) {
      if (!mask.keeps(k)) {
        within[k] = Float.NEGATIVE_INFINITY;
      }
    }
    return new Scores(within);
  }

  public float at(int index) {
    return values[index];
  }

  public int size() {
    return values.length;
  }
}
