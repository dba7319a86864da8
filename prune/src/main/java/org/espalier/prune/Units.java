package org.espalier.prune;

import java.util.BitSet;
import java.util.function.IntConsumer;

/**
 * A layer cut into units that are pruned whole: its weights, or its blocks in row-major order. A
 * unit's score is the mean of its weights' scores.
 */
final class Units {
  private final Layer layer;
  private final int blockRows;
  private final int blockColumns;
  private final int across;
  private final float[] scores;
  private final int least;

  private Units(Layer layer, Scores weights, int blockRows, int blockColumns) {
    this.layer = layer;
    this.blockRows = blockRows;
    this.blockColumns = blockColumns;
    across = Math.ceilDiv(layer.columns(), blockColumns);
    least = weights.left() == 0 ? 0 : 1;
    scores = new float[Math.ceilDiv(layer.rows(), blockRows) * across];
    for (int unit = 0; unit < scores.length; unit++) {
      scores[unit] = mean(unit, weights);
    }
  }

  /** The units of an unstructured or block pattern; N:M has none, its share is fixed. */
  static Units of(Layer layer, Scores scores, Pattern pattern) {
    return switch (pattern) {
      case Pattern.Unstructured() -> new Units(layer, scores, 1, 1);
      case Pattern.Block(int rows, int columns) -> new Units(layer, scores, rows, columns);
      case Pattern.OfEvery ofEvery -> throw new IllegalArgumentException(ofEvery + " has no units");
    };
  }

  Layer layer() {
    return layer;
  }

  int count() {
    return scores.length;
  }

  /** How many of them must stay: one, unless all are zero already. */
  int least() {
    return least;
  }

  float score(int unit) {
    return scores[unit];
  }

  /** How many weights the unit has. */
  int size(int unit) {
    int row = unit / across * blockRows;
    int column = unit % across * blockColumns;
    return Math.min(blockRows, layer.rows() - row)
        * Math.min(blockColumns, layer.columns() - column);
  }

  /** Where a unit stands in the layer, for ties: the flat index of its first weight. */
  int position(int unit) {
    return layer.index(unit / across * blockRows, unit % across * blockColumns);
  }

  /** Clears the unit's weights in {@code kept}. */
  void prune(int unit, BitSet kept) {
    forEach(unit, kept::clear);
  }

  private float mean(int unit, Scores weights) {
    if (blockRows == 1 && blockColumns == 1) {
      return weights.at(position(unit));
    }
    double[] sum = new double[1];
    forEach(unit, index -> sum[0] += weights.at(index));
    return (float) (sum[0] / size(unit));
  }

  private void forEach(int unit, IntConsumer action) {
    int firstRow = unit / across * blockRows;
    int firstColumn = unit % across * blockColumns;
    int lastRow = Math.min(firstRow + blockRows, layer.rows());
    int lastColumn = Math.min(firstColumn + blockColumns, layer.columns());
    for (int row = firstRow; row < lastRow; row++) {
      for (int column = firstColumn; column < lastColumn; column++) {
        action.accept(layer.index(row, column));
      }
    }
  }
}
