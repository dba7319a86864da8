package org.espalier.prune;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * How much each weight of a layer matters, in the order of the flattened tensor; the lowest go
 * first. Weights that are pruned already score negative infinity, so that they stay pruned.
 */
public final class Scores {
  /** How many floats a line of the cache has. */
  private static final int LINE = 16;

  /** How many weights are copied at a time. */
  private static final int CHUNK = 8192;

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
    // In the order of the tensor: a layer's rows are far apart in memory where it's transposed.
    int outputs = layer.transposed() ? (int) layer.tensor().dim(-1) : layer.columns();
    for (int first = 0; first < values.length; first += CHUNK) {
      float[] weights = layer.tensor().floats(first, Math.min(CHUNK, values.length - first));
      for (int k = 0; k < weights.length; k++) {
        int index = first + k;
        int line = index / outputs;
        int place = index % outputs;
        int row = layer.transposed() ? line / layer.columns() * outputs + place : line;
        int column = layer.transposed() ? line % layer.columns() : place;
        assert layer.index(row, column) == index : layer + " at " + index;
        float score = (float) scorer.score(row, column, weights[k]);
        if (Float.isNaN(score)) {
          throw new InvalidInputException(
              "'%s' has a NaN score at [%d, %d], where the weight is %s"
                  .formatted(layer.weight(), row, column, weights[k]));
        }
        values[index] = score;
      }
    }
    return new Scores(values);
  }

  /** Computes a weight's score from its value and a number that was observed of it. */
  @FunctionalInterface
  public interface ObservedScorer {
    double score(double weight, double observed);
  }

  /**
   * The score of every weight of {@code layer} by something like its gradient.
   *
   * @param observed as many numbers as the layer has weights, in the same order
   */
  public static Scores of(Layer layer, Tensor observed, ObservedScorer scorer) {
    return of(
        layer,
        (row, column, weight) -> scorer.score(weight, observed.realAt(layer.index(row, column))));
  }

  /** These scores, with negative infinity where the mask has pruned already. */
  public Scores within(Mask mask) {
    if (mask.pruned() == 0) {
      return this;
    }
    float[] within = values.clone();
    for (int k = 0; k < within.length; k++) {
      if (!mask.keeps(k)) {
        within[k] = Float.NEGATIVE_INFINITY;
      }
    }
    return new Scores(within);
  }

  /**
   * Each weight's place among those of its row, as a share of the row: equal shares of all rows go,
   * whatever the scale of their scores.
   */
  public Scores withinRows(Layer layer) {
    assert layer.size() == values.length : layer + " has " + values.length + " scores";
    float[] ranks = new float[values.length];
    IntStream.range(0, Math.ceilDiv(layer.rows(), LINE))
        .parallel()
        .forEach(
            line -> {
              int first = line * LINE;
              rank(layer, first, Math.min(LINE, layer.rows() - first), ranks);
            });
    return new Scores(ranks);
  }

  /** Ranks some rows, which lie beside each other in memory where the layer is transposed. */
  private void rank(Layer layer, int first, int rows, float[] ranks) {
    int columns = layer.columns();
    long[][] keys = new long[rows][columns];
    for (int column = 0; column < columns; column++) {
      for (int row = 0; row < rows; row++) {
        keys[row][column] = ascending(values[layer.index(first + row, column)]) << 32 | column;
      }
    }
    var sorting = new RadixSort(columns);
    float[][] places = new float[rows][columns];
    for (int row = 0; row < rows; row++) {
      sorting.sort(keys[row]);
      for (int place = 0; place < columns; place++) {
        places[row][(int) keys[row][place]] = (place + 0.5f) / columns;
      }
    }
    for (int column = 0; column < columns; column++) {
      for (int row = 0; row < rows; row++) {
        int index = layer.index(first + row, column);
        boolean gone = values[index] == Float.NEGATIVE_INFINITY;
        ranks[index] = gone ? values[index] : places[row][column];
      }
    }
  }

  /** A float's bits as a number that is the larger, the larger the float. */
  static long ascending(float score) {
    int bits = Float.floatToIntBits(score + 0f);
    return bits ^ (bits >> 31 & Integer.MAX_VALUE);
  }

  /** How many weights were zero already. */
  public long pruned() {
    long pruned = 0;
    for (float value : values) {
      pruned += value == Float.NEGATIVE_INFINITY ? 1 : 0;
    }
    return pruned;
  }

  /**
   * The {@code count} lowest scores' places, the first of equals: what a sort would find first. A
   * histogram of the scores' leading bits leaves a few to be sorted.
   */
  BitSet lowest(long count) {
    int[] histogram = new int[1 << 16];
    for (float value : values) {
      histogram[bucket(value)]++;
    }
    int last = 0;
    long below = 0;
    while (below + histogram[last] < count) {
      below += histogram[last++];
    }
    int edge = last;
    long[] keys = new long[histogram[edge]];
    int found = 0;
    for (int k = 0; k < values.length; k++) {
      if (bucket(values[k]) == edge) {
        keys[found++] = ascending(values[k]) << 32 | k;
      }
    }
    BitSet lowest = Mask.where(values.length, k -> bucket(values[k]) < edge);
    Arrays.sort(keys);
    for (int k = 0; k < count - below; k++) {
      lowest.set((int) keys[k]);
    }
    return lowest;
  }

  private static int bucket(float value) {
    return (int) (ascending(value) >> 16) + (1 << 15);
  }

  /** How many weights aren't zero yet. */
  long left() {
    return values.length - pruned();
  }

  public float at(int index) {
    return values[index];
  }

  public int size() {
    return values.length;
  }
}
