package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.espalier.graph.Node;

/**
 * A node with what was fused into it.
 *
 * @param bias the constant vector added to the result's channels, besides the node's own
 * @param parts the node and what was fused into it, as they stand in the graph
 * @param output the value that the fused whole makes
 */
record Layer(Node node, List<Node> parts, Optional<String> bias, Tail tail, String output) {
  static Layer of(Node node) {
    return new Layer(node, List.of(node), Optional.empty(), Tail.NONE, node.output(0).orElse(""));
  }

  String label() {
    return node.label() + tail;
  }

  /** This layer with another node taken in, which makes {@code output}. */
  Layer taking(Node part, Optional<String> bias, Tail tail, String output) {
    var all = new ArrayList<>(parts);
    all.add(part);
    return new Layer(node, List.copyOf(all), bias, tail, output);
  }

  /** This layer with only this left of its tail. */
  Layer withTail(Tail tail) {
    return new Layer(node, parts, bias, tail, output);
  }
}
