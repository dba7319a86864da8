package org.espalier.graph;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The rules that make a graph mean something: each value has one name and one origin, and is made
 * before it is used. Reading a file applies them; a model built in memory can be held against them
 * too.
 *
 * <p>A subgraph sees the values that its node could use. It may give a value of its own the name of
 * an outer one, as exporters do.
 */
public final class ModelCheck {
  /** The values that can be seen in one graph, and in those around it. */
  private record Scope(Scope outer, Set<String> values) {
    Scope(Scope outer) {
      this(outer, new HashSet<>());
    }

    boolean sees(String value) {
      return values.contains(value) || (outer != null && outer.sees(value));
    }
  }

  private ModelCheck() {}

  /**
   * Checks a model with all its subgraphs and functions.
   *
   * @throws InvalidInputException naming the first node or value that breaks a rule
   */
  public static void check(Model model) {
    check(model.graph(), null);
    for (Function function : model.functions()) {
      try {
        check(function);
      } catch (InvalidInputException e) {
        throw new InvalidInputException("function '" + function.name() + "': " + e.getMessage(), e);
      }
    }
  }

  private static void check(Graph graph, Scope outer) {
    var scope = new Scope(outer);
    for (ValueInfo input : graph.inputs()) {
      if (input.name().isEmpty()) {
        throw new InvalidInputException("an input without a name");
      }
      declareInput(scope, input.name());
    }
    scope.values.addAll(graph.initializers().keySet());
    for (String sparse : graph.sparseInitializers().keySet()) {
      if (graph.initializers().containsKey(sparse)) {
        throw new InvalidInputException("initializer '" + sparse + "' is given twice");
      }
      scope.values.add(sparse);
    }
    checkNodes(graph.nodes(), scope);
    checkOutputs(graph.outputs().stream().map(ValueInfo::name).toList(), scope);
  }

  private static void check(Function function) {
    var scope = new Scope(null);
    for (String input : function.inputs()) {
      declareInput(scope, input);
    }
    checkNodes(function.nodes(), scope);
    checkOutputs(function.outputs(), scope);
  }

  private static void checkNodes(List<Node> nodes, Scope scope) {
    Map<String, Node> producers = new HashMap<>();
    for (Node node : nodes) {
      for (String input : node.inputs()) {
        if (!input.isEmpty() && !scope.sees(input)) {
          throw unseen(node, input, nodes);
        }
      }
      for (Graph subgraph : node.subgraphs()) {
        try {
          check(subgraph, scope);
        } catch (InvalidInputException e) {
          throw new InvalidInputException(describe(node) + ": " + e.getMessage(), e);
        }
      }
      for (String output : node.outputs()) {
        if (!output.isEmpty()) {
          Node first = producers.putIfAbsent(output, node);
          if (!scope.values.add(output)) {
            throw new InvalidInputException(
                "%s makes '%s', which is already %s"
                    .formatted(
                        describe(node),
                        output,
                        first == null ? "an input or initializer" : "made by " + describe(first)));
          }
        }
      }
    }
  }

  private static void declareInput(Scope scope, String input) {
    if (!scope.values.add(input)) {
      throw new InvalidInputException("input '" + input + "' is listed twice");
    }
  }

  private static InvalidInputException unseen(Node node, String input, List<Node> nodes) {
    for (Node other : nodes) {
      if (other.outputs().contains(input)) {
        return new InvalidInputException(
            "%s uses '%s' before %s makes it".formatted(describe(node), input, describe(other)));
      }
    }
    return new InvalidInputException(
        "%s: input '%s' is made by no node and is no input or initializer"
            .formatted(describe(node), input));
  }

  private static void checkOutputs(List<String> outputs, Scope scope) {
    for (String output : outputs) {
      if (!scope.sees(output)) {
        throw new InvalidInputException(
            "output '%s' is made by no node and is no input or initializer".formatted(output));
      }
    }
  }

  private static String describe(Node node) {
    return "node '" + node.label() + "' (" + node.op() + ")";
  }
}
