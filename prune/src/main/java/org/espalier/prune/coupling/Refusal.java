package org.espalier.prune.coupling;

/** A node that a rule can't judge. The message says why. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Refusal(String reason) {
    super(reason, null, false, false);
  }
}
