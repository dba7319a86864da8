package org.espalier.prune.coupling;

/** Which layers agree on the channels that they make or read. */
public enum Freedom {
  /** All of them: a channel goes everywhere or nowhere. */
  TIED,

  /** Each layer that reads channels chooses those that it reads; one that none reads goes. */
  READERS,

  /**
   * Each operand of a sum chooses which of the sum's channels it makes, as if the others were zero;
   * a channel that no operand makes goes.
   */
  OPERANDS
}
