package org.espalier.engine.plan;

import java.util.Optional;
import org.espalier.graph.Node;

/**
 * A node with what was fused into it.
 *
 * @param bias the constant vector added to the result's channels, besides the node's own
 * @param output the value that the fused whole makes
 */
record Layer(Node node, Optional<String> bias, Tail tail, String output) {
  static Layer of(Node node) {
    return new Layer(node, Optional.empty(), Tail.NONE, node.output(0).orElse(""));
  }

  String label() {
    return node.label() + tail;
  }
}
