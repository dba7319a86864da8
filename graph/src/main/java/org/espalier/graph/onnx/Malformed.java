package org.espalier.graph.onnx;

import java.util.function.Supplier;
import org.espalier.graph.InvalidInputException;

/** Says where an error was found: each level puts its own place in front. */
final class Malformed {
  private Malformed() {}

  static <T> T at(String place, Supplier<T> body) {
    try {
      return body.get();
    } catch (InvalidInputException e) {
      throw new InvalidInputException(place + ": " + e.getMessage(), e);
    }
  }
}
