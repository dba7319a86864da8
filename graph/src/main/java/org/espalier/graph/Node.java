package org.espalier.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * One application of an operator. Inputs and outputs are names of values; an empty name stands for
 * an optional one that is absent.
 *
 * @param name the node's name, often empty in exported files; {@link #label()} always names it
 * @param op the operator's type, such as {@code Conv}
 * @param domain the operator set; empty for ONNX's own
 * @param overload picks among functions of one name; empty nearly always
 */
public record Node(
    String name,
    String op,
    String domain,
    String overload,
    List<String> inputs,
    List<String> outputs,
    Map<String, Attribute> attributes,
    Details details) {

  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
  }

  /** A node of ONNX's own operator set, named after its first output. */
  public static Node of(
      String op, List<String> inputs, List<String> outputs, Map<String, Attribute> attributes) {
    return new Node(outputs.getFirst(), op, "", "", inputs, outputs, attributes, Details.NONE);
  }

  public static Node of(String op, List<String> inputs, List<String> outputs) {
    return of(op, inputs, outputs, Map.of());
  }

  /** The name, or where the file gives none, the name of the first output. */
  public String label() {
    if (!name.isEmpty()) {
      return name;
    }
    return outputs.stream().filter(output -> !output.isEmpty()).findFirst().orElse(op);
  }

  /** Whether the operator is of ONNX's own set, {@code ai.onnx}. */
  public boolean isStandard() {
    return domain.isEmpty() || domain.equals("ai.onnx");
  }

  /** Whether this is the operator {@code op} of ONNX's own set. */
  public boolean is(String op) {
    return isStandard() && this.op.equals(op);
  }

  /** The name of input {@code index}, or empty where it is absent. */
  public Optional<String> input(int index) {
    return index < inputs.size() && !inputs.get(index).isEmpty()
        ? Optional.of(inputs.get(index))
        : Optional.empty();
  }

  /** The name of output {@code index}, or empty where it is absent. */
  public Optional<String> output(int index) {
    return index < outputs.size() && !outputs.get(index).isEmpty()
        ? Optional.of(outputs.get(index))
        : Optional.empty();
  }

  public Optional<Attribute> attribute(String key) {
    return Optional.ofNullable(attributes.get(key));
  }

  public boolean has(String key) {
    return attributes.containsKey(key);
  }

  /** The integer attribute {@code key}, or {@code otherwise} where the node has none. */
  public long integer(String key, long otherwise) {
    return switch (attributes.get(key)) {
      case null -> otherwise;
      case Attribute.IntValue(long value) -> value;
      case Attribute other -> throw wrongForm(key, "an integer", other);
    };
  }

  /** The float attribute {@code key}, or {@code otherwise} where the node has none. */
  public float real(String key, float otherwise) {
    return switch (attributes.get(key)) {
      case null -> otherwise;
      case Attribute.FloatValue(float value) -> value;
      case Attribute other -> throw wrongForm(key, "a float", other);
    };
  }

  /** The text attribute {@code key}, or {@code otherwise} where the node has none. */
  public String text(String key, String otherwise) {
    return switch (attributes.get(key)) {
      case null -> otherwise;
      case Attribute.StringValue(Bytes value) -> value.toString();
      case Attribute other -> throw wrongForm(key, "a string", other);
    };
  }

  /** The attribute {@code key} as integers, where the node has it. */
  public Optional<long[]> integers(String key) {
    return switch (attributes.get(key)) {
      case null -> Optional.empty();
      case Attribute.IntValues(List<Long> values) ->
          Optional.of(values.stream().mapToLong(Long::longValue).toArray());
      case Attribute other -> throw wrongForm(key, "integers", other);
    };
  }

  /** The attribute {@code key} as integers, or {@code otherwise} where the node has none. */
  public long[] integers(String key, long... otherwise) {
    return integers(key).orElse(otherwise);
  }

  /** The attribute {@code key} as floats, none where the node hasn't got it. */
  public List<Float> reals(String key) {
    return switch (attributes.get(key)) {
      case null -> List.of();
      case Attribute.FloatValues(List<Float> values) -> values;
      case Attribute other -> throw wrongForm(key, "floats", other);
    };
  }

  /** The attribute {@code key} as texts, none where the node hasn't got it. */
  public List<String> strings(String key) {
    return switch (attributes.get(key)) {
      case null -> List.of();
      case Attribute.StringValues(List<Bytes> values) ->
          values.stream().map(Bytes::toString).toList();
      case Attribute other -> throw wrongForm(key, "strings", other);
    };
  }

  /** The tensor attribute {@code key}, where the node has it. */
  public Optional<Tensor> tensor(String key) {
    return switch (attributes.get(key)) {
      case null -> Optional.empty();
      case Attribute.TensorValue(Tensor value) -> Optional.of(value);
      case Attribute other -> throw wrongForm(key, "a tensor", other);
    };
  }

  /** The graphs in this node's attributes, as control flow has them. */
  public List<Graph> subgraphs() {
    var graphs = new ArrayList<Graph>();
    for (Attribute attribute : attributes.values()) {
      switch (attribute) {
        case Attribute.GraphValue(Graph graph) -> graphs.add(graph);
        case Attribute.GraphValues(List<Graph> several) -> graphs.addAll(several);
        default -> {}
      }
    }
    return graphs;
  }

  /** This node with each of its {@link #subgraphs} replaced by what {@code change} makes of it. */
  public Node withSubgraphs(UnaryOperator<Graph> change) {
    if (subgraphs().isEmpty()) {
      return this;
    }
    var changed = new LinkedHashMap<>(attributes);
    changed.replaceAll(
        (key, attribute) ->
            switch (attribute) {
              case Attribute.GraphValue(Graph graph) ->
                  new Attribute.GraphValue(change.apply(graph));
              case Attribute.GraphValues(List<Graph> graphs) ->
                  new Attribute.GraphValues(graphs.stream().map(change).toList());
              default -> attribute;
            });
    return withAttributes(changed);
  }

  public Node withName(String name) {
    return new Node(name, op, domain, overload, inputs, outputs, attributes, details);
  }

  public Node withInputs(List<String> inputs) {
    return new Node(name, op, domain, overload, inputs, outputs, attributes, details);
  }

  public Node withOutputs(List<String> outputs) {
    return new Node(name, op, domain, overload, inputs, outputs, attributes, details);
  }

  public Node withAttributes(Map<String, Attribute> attributes) {
    return new Node(name, op, domain, overload, inputs, outputs, attributes, details);
  }

  /** This node with one attribute set; it comes last where it is new. */
  public Node with(String key, Attribute value) {
    var changed = new LinkedHashMap<>(attributes);
    changed.put(key, value);
    return withAttributes(changed);
  }

  private InvalidInputException wrongForm(String key, String expected, Attribute found) {
    return new InvalidInputException(
        "node '%s' (%s): attribute '%s' is %s, expected %s"
            .formatted(label(), op, key, found.getClass().getSimpleName(), expected));
  }
}
