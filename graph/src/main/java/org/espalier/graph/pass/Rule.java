package org.espalier.graph.pass;

import org.espalier.graph.Node;

/** Writes one node in other operators. What it leaves unwritten is gone, the node included. */
@FunctionalInterface
interface Rule {
  void rewrite(Node node, Rewriter out);
}
