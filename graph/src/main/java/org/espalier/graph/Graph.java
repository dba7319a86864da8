package org.espalier.graph;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Nodes in an order in which each value is made before it is used, with the constants they share.
 *
 * <p>A graph is immutable: a pass makes a new one and the two share nodes and weights. Initializers
 * keep their order in the file. An initializer may also be listed among the inputs, where it is a
 * default that the caller may replace.
 *
 * @param initializers dense constants by name
 * @param sparseInitializers constants stored as values and indices, by name
 * @param inputs what a run needs, initializers that may be replaced included
 * @param values annotations of values in between; never complete, often absent
 * @param annotations quantisation annotations, kept as their bytes
 */
public record Graph(
    String name,
    List<Node> nodes,
    Map<String, Tensor> initializers,
    Map<String, SparseTensor> sparseInitializers,
    List<ValueInfo> inputs,
    List<ValueInfo> outputs,
    List<ValueInfo> values,
    List<Bytes> annotations,
    Details details) {

  public Graph {
    nodes = List.copyOf(nodes);
    initializers = ordered(initializers);
    sparseInitializers = ordered(sparseInitializers);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    values = List.copyOf(values);
    annotations = List.copyOf(annotations);
  }

  public Graph(
      String name,
      List<Node> nodes,
      Map<String, Tensor> initializers,
      List<ValueInfo> inputs,
      List<ValueInfo> outputs) {
    this(name, nodes, initializers, Map.of(), inputs, outputs, List.of(), List.of(), Details.NONE);
  }

  private static <V> Map<String, V> ordered(Map<String, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  /** The inputs that a caller must give: those without an initializer of the same name. */
  public List<ValueInfo> requiredInputs() {
    return inputs.stream().filter(input -> !isInitializer(input.name())).toList();
  }

  public boolean isInitializer(String value) {
    return initializers.containsKey(value) || sparseInitializers.containsKey(value);
  }

  /** The initializer of this name as a dense tensor, where there is one. */
  public Optional<Tensor> initializer(String value) {
    Tensor dense = initializers.get(value);
    if (dense != null) {
      return Optional.of(dense);
    }
    return Optional.ofNullable(sparseInitializers.get(value)).map(SparseTensor::toDense);
  }

  /** The node that makes each value. */
  public Map<String, Node> producers() {
    var producers = new HashMap<String, Node>();
    for (Node node : nodes) {
      for (String output : node.outputs()) {
        if (!output.isEmpty()) {
          producers.put(output, node);
        }
      }
    }
    return producers;
  }

  /**
   * The nodes that use each value, in graph order, a node once for each use. A use inside a
   * subgraph counts for the node that holds the subgraph.
   */
  public Map<String, List<Node>> consumers() {
    var consumers = new HashMap<String, List<Node>>();
    for (Node node : nodes) {
      for (String input : uses(node)) {
        consumers.computeIfAbsent(input, _ -> new ArrayList<>()).add(node);
      }
    }
    return consumers;
  }

  /** The names that a node reads: its inputs and what its subgraphs take from outside. */
  public static Collection<String> uses(Node node) {
    var names = new ArrayList<String>();
    for (String input : node.inputs()) {
      if (!input.isEmpty()) {
        names.add(input);
      }
    }
    for (Graph subgraph : node.subgraphs()) {
      names.addAll(subgraph.captured());
    }
    return names;
  }

  /** The names that this graph, as a subgraph, takes from the graphs around it. */
  public Collection<String> captured() {
    var own = new HashSet<String>(initializers.keySet());
    own.addAll(sparseInitializers.keySet());
    inputs.forEach(input -> own.add(input.name()));
    var captured = new LinkedHashSet<String>();
    for (Node node : nodes) {
      for (String name : uses(node)) {
        if (!own.contains(name)) {
          captured.add(name);
        }
      }
      own.addAll(node.outputs());
    }
    for (ValueInfo output : outputs) {
      if (!own.contains(output.name())) {
        captured.add(output.name());
      }
    }
    return captured;
  }

  public Graph withNodes(List<Node> nodes) {
    return with(nodes, initializers);
  }

  /** This graph with these nodes and dense initializers; sparse ones stay. */
  public Graph with(List<Node> nodes, Map<String, Tensor> initializers) {
    return new Graph(
        name,
        nodes,
        initializers,
        sparseInitializers,
        inputs,
        outputs,
        values,
        annotations,
        details);
  }

  public Graph withInputs(List<ValueInfo> inputs) {
    return with(inputs, outputs, values);
  }

  public Graph withOutputs(List<ValueInfo> outputs) {
    return with(inputs, outputs, values);
  }

  public Graph withValues(List<ValueInfo> values) {
    return with(inputs, outputs, values);
  }

  private Graph with(List<ValueInfo> inputs, List<ValueInfo> outputs, List<ValueInfo> values) {
    return new Graph(
        name,
        nodes,
        initializers,
        sparseInitializers,
        inputs,
        outputs,
        values,
        annotations,
        details);
  }

  /** This graph with these dense initializers and no sparse ones. */
  public Graph withInitializers(Map<String, Tensor> initializers) {
    return new Graph(
        name, nodes, initializers, Map.of(), inputs, outputs, values, annotations, details);
  }

  /**
   * This graph with the initializers of these names replaced, whatever form they had, and all
   * others as they are. An unknown name is an error.
   */
  public Graph replacing(Map<String, Tensor> changed) {
    var dense = new LinkedHashMap<>(initializers);
    var sparse = new LinkedHashMap<>(sparseInitializers);
    changed.forEach(
        (key, tensor) -> {
          if (!isInitializer(key)) {
            throw new InvalidInputException("no initializer named '" + key + "'");
          }
          sparse.remove(key);
          dense.put(key, tensor);
        });
    return new Graph(name, nodes, dense, sparse, inputs, outputs, values, annotations, details);
  }
}
