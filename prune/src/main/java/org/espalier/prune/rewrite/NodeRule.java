package org.espalier.prune.rewrite;

import org.espalier.graph.Node;

/** What becomes of the nodes of one operator. */
@FunctionalInterface
interface NodeRule {
  /** Emits what takes the node's place; itself where nothing needs to change. */
  void rewrite(Node node, Edit edit);
}
