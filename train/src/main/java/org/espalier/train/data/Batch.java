package org.espalier.train.data;

import org.espalier.graph.Tensor;

/**
 * Some examples and their targets. The memory is used again: a batch holds until the next one is
 * asked for.
 *
 * @param index its number within the pass, from 0
 * @param inputs [n, ...example shape]
 * @param targets [n, ...target shape]
 */
public record Batch(int index, Tensor inputs, Tensor targets) {
  /** How many examples it has. */
  public int size() {
    return Math.toIntExact(inputs.dim(0));
  }
}
