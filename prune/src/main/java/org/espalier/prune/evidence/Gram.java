package org.espalier.prune.evidence;

import org.espalier.graph.Tensor;

/**
 * X^T X of a layer's inputs, summed over all rows seen.
 *
 * @param matrices DOUBLE [groups, columns, columns]: one for each group of a grouped convolution or
 *     matrix of a batched product, which split the layer's rows evenly; mostly one
 * @param rows how many rows X has for each: tokens, examples, or pixels of all examples
 */
public record Gram(Tensor matrices, long rows) {
  public int groups() {
    return Math.toIntExact(matrices.dim(0));
  }

  public int columns() {
    return Math.toIntExact(matrices.dim(1));
  }

  /** The matrix of one group, over the same memory. */
  public Tensor matrix(int group) {
    return Batches.rows(matrices, group, group + 1).reshape(columns(), columns());
  }

  /** The sum of squares of one input. */
  public double diagonal(int group, int column) {
    long columns = columns();
    return matrices.realAt((group * columns + column) * columns + column);
  }
}
