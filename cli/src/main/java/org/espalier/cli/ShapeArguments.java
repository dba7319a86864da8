package org.espalier.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Shape;
import picocli.CommandLine.Option;

/** The option that gives inputs shapes where the file leaves them open. */
final class ShapeArguments {
  @Option(
      names = "--shapes",
      split = ",",
      paramLabel = "INPUT=DIMS",
      description =
          "Shapes of inputs that the model leaves open, such as x=1x3x224x224; open axes are 1 by"
              + " default.")
  Map<String, String> given = new LinkedHashMap<>();

  /** By input, in the order given. */
  Map<String, Shape> shapes() {
    var shapes = new LinkedHashMap<String, Shape>();
    given.forEach((input, sizes) -> shapes.put(input, shape(input, sizes)));
    return shapes;
  }

  private static Shape shape(String input, String sizes) {
    if (!sizes.matches("\\d{1,10}(x\\d{1,10})*")) {
      throw new InvalidInputException(
          "--shapes %s=%s: expected sizes such as 1x3x224x224".formatted(input, sizes));
    }
    return Shape.of(Arrays.stream(sizes.split("x")).mapToLong(Long::parseLong).toArray());
  }
}
