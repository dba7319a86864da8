package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.Function;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/** A function's body for one call of it: the call's values and attributes in place of its own. */
final class FunctionCall {
  private final Function function;
  private final Node call;
  private final Names names;
  private final Map<String, Attribute> attributes = new HashMap<>();

  private FunctionCall(Function function, Node call, Names names) {
    this.function = function;
    this.call = call;
    this.names = names;
    attributes.putAll(function.defaults());
    attributes.putAll(call.attributes());
  }

  static List<Node> body(Function function, Node call, Names names) {
    return new FunctionCall(function, call, names).body();
  }

  private List<Node> body() {
    if (call.inputs().size() > function.inputs().size()
        || call.outputs().size() > function.outputs().size()) {
      throw new InvalidInputException(
          "node '%s': %d inputs and %d outputs, function '%s' has %d and %d"
              .formatted(
                  call.label(),
                  call.inputs().size(),
                  call.outputs().size(),
                  function.name(),
                  function.inputs().size(),
                  function.outputs().size()));
    }
    var values = new HashMap<String, String>();
    for (int k = 0; k < function.inputs().size(); k++) {
      values.put(function.inputs().get(k), call.input(k).orElse(""));
    }
    var passed = new ArrayList<Node>();
    for (int k = 0; k < call.outputs().size(); k++) {
      String result = function.outputs().get(k);
      String output = call.outputs().get(k);
      if (!output.isEmpty() && values.putIfAbsent(result, output) != null) {
        // The function returns an input, or one value twice.
        passed.add(Node.of("Identity", List.of(values.get(result)), List.of(output)));
      }
    }
    var nodes = new ArrayList<Node>();
    for (Node node : function.nodes()) {
      nodes.add(instance(node, values));
    }
    nodes.addAll(passed);
    return nodes;
  }

  private Node instance(Node node, Map<String, String> values) {
    List<String> inputs = node.inputs().stream().map(in -> renamed(in, values)).toList();
    var own = new LinkedHashMap<String, Attribute>();
    node.attributes().forEach((key, value) -> own.put(key, instance(value, values)));
    own.values().removeIf(value -> value instanceof Attribute.Reference);
    var outputs = new ArrayList<String>();
    for (String output : node.outputs()) {
      outputs.add(output.isEmpty() ? "" : values.computeIfAbsent(output, this::fresh));
    }
    return new Node(
        call.label() + "/" + node.label(),
        node.op(),
        node.domain(),
        node.overload(),
        inputs,
        outputs,
        own,
        node.details());
  }

  private static String renamed(String value, Map<String, String> values) {
    return values.getOrDefault(value, value);
  }

  private String fresh(String value) {
    return names.fresh(call.label() + "/" + value);
  }

  private Attribute instance(Attribute attribute, Map<String, String> values) {
    return switch (attribute) {
      // Neither given nor defaulted: the operator's own default holds.
      case Attribute.Reference reference ->
          attributes.getOrDefault(reference.attribute(), reference);
      case Attribute.GraphValue(Graph graph) -> new Attribute.GraphValue(instance(graph, values));
      case Attribute.GraphValues(List<Graph> graphs) ->
          new Attribute.GraphValues(graphs.stream().map(g -> instance(g, values)).toList());
      default -> attribute;
    };
  }

  private Graph instance(Graph graph, Map<String, String> outer) {
    var values = new HashMap<>(outer);
    var inputs = new ArrayList<ValueInfo>();
    for (ValueInfo input : graph.inputs()) {
      values.put(input.name(), fresh(input.name()));
      inputs.add(new ValueInfo(values.get(input.name()), input.type(), input.details()));
    }
    var initializers = new LinkedHashMap<String, Tensor>();
    graph
        .initializers()
        .forEach(
            (name, tensor) -> initializers.put(values.computeIfAbsent(name, this::fresh), tensor));
    graph
        .sparseInitializers()
        .forEach(
            (name, tensor) ->
                initializers.put(values.computeIfAbsent(name, this::fresh), tensor.toDense()));
    List<Node> nodes = graph.nodes().stream().map(node -> instance(node, values)).toList();
    List<ValueInfo> outputs =
        graph.outputs().stream()
            .map(o -> new ValueInfo(renamed(o.name(), values), o.type(), o.details()))
            .toList();
    return new Graph(graph.name(), nodes, initializers, inputs, outputs);
  }
}
