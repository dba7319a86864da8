package org.espalier.cli;

import java.util.Arrays;
import java.util.regex.Pattern;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Shape;

/** Shapes of inputs as options give them. */
final class Shapes {
  private Shapes() {}

  /** The sizes in {@code dims}, at least one, with {@code separator} between them. */
  static Shape parse(String option, String input, String dims, String separator) {
    try {
      return Shape.of(
          Arrays.stream(dims.split(Pattern.quote(separator), -1))
              .mapToLong(Long::parseUnsignedLong)
              .toArray());
    } catch (NumberFormatException malformed) {
      throw new InvalidInputException(
          "%s %s=%s: expected sizes such as %s"
              .formatted(option, input, dims, String.join(separator, "1", "3", "224", "224")),
          malformed);
    }
  }
}
