package org.espalier.graph.infer;

/** Ends a rule where something it needs isn't known; the message is the gap's reason. */
final class Unresolved extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Unresolved(String reason) {
    super(reason, null, false, false);
  }
}
