package org.espalier.graph;

import java.util.function.Supplier;

/** Says where an error was found: each level puts its own place in front. */
public final class Malformed {
  private Malformed() {}

  /** Does the work; what is wrong with the user's input is then told of {@code place}. */
  public static <T> T at(Object place, Supplier<T> work) {
    try {
      return work.get();
    } catch (InvalidInputException e) {
      throw new InvalidInputException(place + ": " + e.getMessage(), e);
    }
  }
}
