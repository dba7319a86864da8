package org.espalier.prune.evidence;

import java.util.Arrays;

/**
 * What a layer's inputs were like: for each column of each group, {@code group * columns + column}.
 * A grouped convolution has several groups, which split the layer's rows evenly.
 *
 * @param groups how many
 * @param rows how many rows were seen for each: tokens, examples, or pixels of all examples
 * @param sums of the values
 * @param squares sums of the squared values
 * @param zeros how many values were zero
 */
public record InputStatistics(
    int groups, long rows, double[] sums, double[] squares, double[] zeros) {

  /** How many inputs a group has. */
  public int columns() {
    return sums.length / groups;
  }

  /** The Euclidean norm of an input over all rows. */
  public double norm(int group, int column) {
    return Math.sqrt(squares[group * columns() + column]);
  }

  /** All norms, group by group. */
  public double[] norms() {
    return Arrays.stream(squares).map(Math::sqrt).toArray();
  }

  public double mean(int group, int column) {
    return sums[group * columns() + column] / rows;
  }

  public double variance(int group, int column) {
    double mean = mean(group, column);
    return Math.max(0, squares[group * columns() + column] / rows - mean * mean);
  }

  /** The group that a row of a layer with so many rows belongs to. */
  public int group(int row, int layerRows) {
    return (int) ((long) row * groups / layerRows);
  }
}
