package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Function;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;

/**
 * Puts the branch taken in place of an If whose condition the shapes decide, such as the {@code
 * Equal(Size(Shape(x)), 0)} that PyTorch's exporter asks before it squeezes or pads. An If whose
 * condition depends on an open size or on the data stays.
 */
final class KnownBranches {
  private final Shapes shapes;
  private final Names names;

  private KnownBranches(Model model) {
    this.shapes = Shapes.infer(model);
    this.names = new Names(model.graph());
  }

  /** The model without such nodes, in its own opset. */
  static Model taken(Model model) {
    Model now = model;
    while (now.graph().nodes().stream().anyMatch(node -> node.is("If"))) {
      // A branch may hold another If, whose condition is known once its values are listed.
      List<Node> nodes = new KnownBranches(now).nodes(now.graph());
      if (nodes.equals(now.graph().nodes())) {
        return now;
      }
      now = now.withGraph(now.graph().withNodes(nodes));
    }
    return now;
  }

  private List<Node> nodes(Graph graph) {
    var nodes = new ArrayList<Node>();
    for (Node node : graph.nodes()) {
      branch(node)
          .ifPresentOrElse(
              branch -> nodes.addAll(FunctionCall.body(body(branch), call(node), names)),
              () -> nodes.add(node));
    }
    return nodes;
  }

  private Optional<Graph> branch(Node node) {
    if (!node.is("If")) {
      return Optional.empty();
    }
    return node.input(0)
        .flatMap(shapes::constant)
        .filter(condition -> condition.type() == DataType.BOOL && condition.size() == 1)
        .map(condition -> condition.integerAt(0) == 0 ? "else_branch" : "then_branch")
        .flatMap(node::attribute)
        .map(attribute -> attribute instanceof Attribute.GraphValue(Graph graph) ? graph : null)
        .filter(graph -> graph.outputs().size() >= node.outputs().size());
  }

  private static Node call(Node node) {
    return node.withInputs(List.of());
  }

  /** The branch as a function without inputs: what it reads of the graph around it stays. */
  private Function body(Graph branch) {
    var nodes = new ArrayList<Node>();
    branch.initializers().forEach((name, tensor) -> nodes.add(constant(name, tensor)));
    branch
        .sparseInitializers()
        .forEach((name, tensor) -> nodes.add(constant(name, tensor.toDense())));
    nodes.addAll(branch.nodes());
    Set<String> made = new HashSet<>();
    nodes.forEach(node -> made.addAll(node.outputs()));
    var outputs = new ArrayList<String>();
    for (ValueInfo output : branch.outputs()) {
      String name = output.name();
      if (!made.contains(name)) {
        name = names.fresh(output.name() + "/taken"); // a value of the graph around it
        nodes.add(Node.of("Identity", List.of(output.name()), List.of(name)));
      }
      outputs.add(name);
    }
    return new Function(
        branch.name(),
        "",
        "",
        List.of(),
        outputs,
        List.of(),
        Map.of(),
        nodes,
        Map.of(),
        List.of(),
        Details.NONE);
  }

  private static Node constant(String name, Tensor tensor) {
    return Node.of("Constant", List.of(), List.of(name), Map.of("value", Attribute.of(tensor)));
  }
}
