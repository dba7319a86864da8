package org.espalier.prune.coupling;

/**
 * How the channels of an operator's inputs and outputs depend on each other, in its newest form.
 *
 * <p>A rule states facts: which axes are the same, which indices are tied, what must stay. An axis
 * that it doesn't mention is free, so a rule speaks of every axis of every input and output.
 */
@FunctionalInterface
interface TieRule {
  /**
   * States the node's ties.
   *
   * @throws Refusal where they can't be told; all that the node touches must stay then
   */
  void tie(TieCall call);
}
