package org.espalier.prune.coupling;

/** What of an attention layer goes as one, where its shapes allow either. */
public enum Granularity {
  /** Whole heads. */
  HEADS,

  /** The same dimension of every head. */
  HEAD_DIMENSIONS
}
