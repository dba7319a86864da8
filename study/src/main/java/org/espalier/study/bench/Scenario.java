package org.espalier.study.bench;

import java.util.Locale;

/** How a model is called while it is timed. */
public enum Scenario {
  /** One caller, one run after the other, each with all threads. */
  LATENCY,
  /** A caller for each thread, whose runs have that thread to themselves: most items a second. */
  THROUGHPUT,
  /** Several callers that share one session and its threads. */
  STREAMS;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
