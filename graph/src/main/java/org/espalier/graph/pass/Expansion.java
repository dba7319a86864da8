package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Function;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;

/**
 * Walks a model with its subgraphs and writes a body for each call of a function and, where asked,
 * each operator in its newest form. A body is in its function's opset, not in the model's.
 */
final class Expansion {
  private final Rewriting rewriting;
  private final boolean upgrade;
  private final Calls calls;

  Expansion(Calls calls, Rewriting rewriting, boolean upgrade) {
    this.calls = calls;
    this.rewriting = rewriting;
    this.upgrade = upgrade;
  }

  Graph graph(Graph graph, long opset) {
    var nodes = new ArrayList<Node>();
    for (Node node : graph.nodes()) {
      expand(node, opset, nodes);
    }
    return graph.withNodes(nodes);
  }

  private void expand(Node node, long opset, List<Node> nodes) {
    Optional<Function> function = calls.function(node);
    if (function.isPresent()) {
      inline(function.get(), node, nodes);
      return;
    }
    Node whole = node.withSubgraphs(subgraph -> graph(subgraph, opset));
    nodes.addAll(upgrade ? rewriting.rewrite(whole, opset, Upgrade.rule(whole)) : List.of(whole));
  }

  private void inline(Function function, Node call, List<Node> nodes) {
    List<Node> body = FunctionCall.body(function, call, rewriting.names());
    body.forEach(rewriting::use);
    for (Node node : body) {
      expand(node, opset(function.opsets()), nodes);
    }
  }

  /** The version of ONNX's own operators; a model without them may as well have the newest. */
  static long opset(Map<String, Long> opsets) {
    return opsets.getOrDefault("", opsets.getOrDefault("ai.onnx", Canonical.OPSET));
  }
}
