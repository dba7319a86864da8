package org.espalier.engine;

import org.espalier.graph.InvalidInputException;

/**
 * How a session runs.
 *
 * @param threads how many threads share the work of one run, the caller's included
 */
public record Options(int threads) {
  public Options {
    if (threads < 1) {
      throw new InvalidInputException(threads + " threads, expected 1 or more");
    }
  }

  /** A thread for each core that this process may use. */
  public static Options standard() {
    return new Options(Processors.physical());
  }

  public Options withThreads(int threads) {
    return new Options(threads);
  }
}
