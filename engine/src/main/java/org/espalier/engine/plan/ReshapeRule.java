package org.espalier.engine.plan;

import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Node;

/** Operators that only rename dimensions: the same memory under another shape. */
final class ReshapeRule implements Rule {
  private static final Set<String> OPERATORS =
      Set.of("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity");

  @Override
  public boolean plan(Layer layer, Planner planner) {
    Node node = layer.node();
    if (!node.isStandard() || !OPERATORS.contains(node.op())) {
      return false;
    }
    String input = node.inputs().getFirst();
    Optional<long[]> dims = planner.shapes().shape(layer.output()).flatMap(s -> s.sizes());
    if (dims.isEmpty() || !(planner.home(input) instanceof Home.Placed)) {
      return false;
    }
    Home.Rows rows = planner.rows(input);
    planner.define(layer.output(), new Home.Rows(rows.slot(), rows.type(), dims.get()));
    planner.explain(
        new Choice(layer.label(), node.op(), "none", "rows", 1, 0, "the same memory, renamed"));
    return true;
  }
}
