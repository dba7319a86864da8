package org.espalier.prune.structured;

import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.rewrite.Blocks;

/**
 * A method that takes whole residual blocks out of a network, which becomes shallower: how much
 * each block matters.
 */
public non-sealed interface BlockMethod extends StructuredMethod {
  /**
   * A score for each of {@link Blocks#all}, none of them NaN; the lowest go first, behind blocks
   * that add nothing.
   *
   * @param evidence of {@code blocks.model()}
   * @param seed for methods that draw
   */
  double[] score(Blocks blocks, Evidence evidence, long seed);
}
