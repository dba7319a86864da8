package org.espalier.graph.zoo;

import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;

/** A network of the zoo: what it is, and how it's built. */
record Network(Zoo.Description description, Consumer<GraphBuilder> construction) {

  /** A network that turns square images into logits. */
  static Network image(
      String name,
      String paper,
      int channels,
      int size,
      long parameters,
      UnaryOperator<Value> body) {
    String input = "input [N, %d, %d, %d]".formatted(channels, size, size);
    return new Network(
        new Zoo.Description(name, paper, input, parameters),
        g -> g.output("logits", body.apply(g.input("input", channels, size, size))));
  }

  /** A network over tokens, which declares its inputs and outputs itself. */
  static Network text(
      String name,
      String paper,
      String inputs,
      long parameters,
      Consumer<GraphBuilder> construction) {
    return new Network(new Zoo.Description(name, paper, inputs, parameters), construction);
  }
}
