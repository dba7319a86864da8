package org.espalier.prune.coupling;

import java.util.Locale;

/** What of an attention layer goes as one, where its shapes allow either. */
public enum Granularity {
  /** Whole heads. */
  HEADS,

  /** The same dimension of every head. */
  HEAD_DIMENSIONS;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
