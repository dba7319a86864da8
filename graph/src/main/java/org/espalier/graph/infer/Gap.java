package org.espalier.graph.infer;

import org.espalier.graph.Node;

/**
 * A node with an output whose shape isn't known, and why: an operator without a rule, an input of
 * unknown rank, a size that the data decide.
 */
public record Gap(Node node, String reason) {
  @Override
  public String toString() {
    return "node '" + node.label() + "' (" + node.op() + "): " + reason;
  }
}
