package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.Bytes;
import org.espalier.graph.DataType;
import org.espalier.graph.Details;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Node;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/**
 * Makes Constant nodes initializers and, on demand, sparse ones dense; takes out Identity nodes.
 */
final class Tidying {
  private final Names names;
  private final boolean dense;

  private Tidying(Names names, boolean dense) {
    this.names = names;
    this.dense = dense;
  }

  /**
   * @param fixed whether initializers listed among the inputs can't be replaced by the caller
   */
  static Graph of(Graph graph, boolean fixed) {
    return of(graph, fixed, true);
  }

  /** Likewise, with sparse initializers left as they are. */
  static Graph keepingSparse(Graph graph, boolean fixed) {
    return of(graph, fixed, false);
  }

  private static Graph of(Graph graph, boolean fixed, boolean dense) {
    Graph tidied = new Tidying(new Names(graph), dense).tidy(graph, Map.of());
    if (!fixed) {
      return tidied;
    }
    List<ValueInfo> inputs =
        tidied.inputs().stream().filter(i -> !tidied.isInitializer(i.name())).toList();
    return rebuilt(
        tidied, tidied.nodes(), tidied.initializers(), tidied.sparseInitializers(), inputs);
  }

  private Graph tidy(Graph graph, Map<String, String> outer) {
    var initializers = new LinkedHashMap<>(graph.initializers());
    if (dense) {
      graph.sparseInitializers().forEach((name, t) -> initializers.put(name, t.toDense()));
    }
    var aliases = new HashMap<>(outer);
    Set<String> outputs = new HashSet<>();
    graph.outputs().forEach(output -> outputs.add(output.name()));
    var nodes = new ArrayList<Node>();
    for (Node original : graph.nodes()) {
      Node node = renamed(original, aliases);
      if (node.is("Constant")) {
        String name = node.outputs().getFirst();
        if (outputs.contains(name)) {
          String content = names.fresh(name + "/constant");
          initializers.put(content, constant(node));
          nodes.add(Node.of("Identity", List.of(content), List.of(name)));
        } else {
          initializers.put(name, constant(node));
        }
      } else if (node.is("Identity") && !outputs.contains(node.outputs().getFirst())) {
        aliases.put(node.outputs().getFirst(), node.inputs().getFirst());
      } else {
        nodes.add(node);
      }
    }
    return rebuilt(
        graph, nodes, initializers, dense ? Map.of() : graph.sparseInitializers(), graph.inputs());
  }

  private Node renamed(Node node, Map<String, String> aliases) {
    Node renamed = node;
    if (node.inputs().stream().anyMatch(aliases::containsKey)) {
      renamed =
          node.withInputs(node.inputs().stream().map(in -> aliases.getOrDefault(in, in)).toList());
    }
    if (renamed.isStandard() && !renamed.domain().isEmpty()) {
      renamed =
          new Node(
              renamed.name(),
              renamed.op(),
              "",
              renamed.overload(),
              renamed.inputs(),
              renamed.outputs(),
              renamed.attributes(),
              renamed.details());
    }
    return renamed.withSubgraphs(graph -> subgraph(graph, aliases));
  }

  private Graph subgraph(Graph graph, Map<String, String> aliases) {
    Graph tidied = tidy(graph, aliases);
    if (tidied.outputs().stream().noneMatch(output -> aliases.containsKey(output.name()))) {
      return tidied;
    }
    // A branch may return a value of the graph around it, which has another name now.
    var nodes = new ArrayList<>(tidied.nodes());
    for (ValueInfo output : tidied.outputs()) {
      if (aliases.containsKey(output.name())) {
        nodes.add(Node.of("Identity", List.of(aliases.get(output.name())), List.of(output.name())));
      }
    }
    return tidied.withNodes(nodes);
  }

  private static Graph rebuilt(
      Graph graph,
      List<Node> nodes,
      Map<String, Tensor> initializers,
      Map<String, SparseTensor> sparse,
      List<ValueInfo> inputs) {
    return new Graph(
        graph.name(),
        nodes,
        initializers,
        sparse,
        inputs,
        graph.outputs(),
        graph.values(),
        graph.annotations(),
        graph.details());
  }

  /** The content without the details, which may hold another name. */
  private static Tensor constant(Node node) {
    return value(node).withDetails(Details.NONE);
  }

  private static Tensor value(Node node) {
    return node.attributes().values().stream()
        .map(Tidying::content)
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow(
            () -> new InvalidInputException("node '" + node.label() + "' (Constant) has no value"));
  }

  private static Optional<Tensor> content(Attribute attribute) {
    return Optional.ofNullable(
        switch (attribute) {
          case Attribute.TensorValue(Tensor tensor) -> tensor;
          case Attribute.SparseTensorValue(SparseTensor sparse) -> sparse.toDense();
          case Attribute.FloatValue(float value) -> Tensor.scalar(value);
          case Attribute.IntValue(long value) -> Tensor.scalar(value);
          case Attribute.StringValue(Bytes text) -> Tensor.ofStrings(List.of(text)).reshape();
          case Attribute.FloatValues(List<Float> values) ->
              Scalars.vector(
                  DataType.FLOAT, values.stream().mapToDouble(Float::doubleValue).toArray());
          case Attribute.IntValues(List<Long> values) ->
              Tensor.of(values.stream().mapToLong(Long::longValue).toArray(), values.size());
          case Attribute.StringValues(List<Bytes> texts) -> Tensor.ofStrings(texts, texts.size());
          default -> null;
        });
  }
}
