package org.espalier.prune.rewrite;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.pass.Names;

/** The nodes and constants of the smaller model, as they are put together. */
final class Edit {
  private final Extents extents;
  private final Names names;
  private final long opset;
  private final Map<String, List<Node>> readers;
  private final Map<String, Node> producers;
  private final List<Node> nodes = new ArrayList<>();

  /** Names of nodes: executors want each once. */
  private final Set<String> taken = new HashSet<>();

  private final Map<String, Tensor> added = new LinkedHashMap<>();
  private final Map<Tensor, String> constants = new HashMap<>();

  Edit(Model model, Extents extents) {
    this.extents = extents;
    this.names = new Names(model.graph());
    this.opset = model.opset();
    this.readers = model.graph().consumers();
    this.producers = model.graph().producers();
  }

  Extents extents() {
    return extents;
  }

  long opset() {
    return opset;
  }

  List<Node> readers(String value) {
    return readers.getOrDefault(value, List.of());
  }

  /** The node of the model before that makes a value, where one does. */
  Optional<Node> producer(String value) {
    return Optional.ofNullable(producers.get(value));
  }

  void emit(Node node) {
    nodes.add(node.name().isEmpty() || taken.add(node.name()) ? node : node.withName(""));
  }

  List<Node> nodes() {
    return nodes;
  }

  Map<String, Tensor> added() {
    return Collections.unmodifiableMap(added);
  }

  String fresh(String hint) {
    return names.fresh(hint);
  }

  /** The contents of an input before, where the file fixes them. */
  Optional<Tensor> constant(Node node, int input) {
    return node.input(input).flatMap(extents.shapes()::constant);
  }

  /** An integer constant, each content once. */
  String vector(long... values) {
    return constant(Tensor.of(values));
  }

  String constant(Tensor tensor) {
    return constants.computeIfAbsent(
        tensor,
        content -> {
          String name = names.fresh("kept");
          added.put(name, content);
          return name;
        });
  }

  /** A new value. */
  String add(String op, Map<String, Attribute> attributes, String... inputs) {
    String output = names.fresh("kept/" + op.toLowerCase(Locale.ROOT));
    emit(Node.of(op, List.of(inputs), List.of(output), attributes));
    return output;
  }

  /** Makes a value of the model by another operator than before. */
  void finish(String op, Map<String, Attribute> attributes, String output, String... inputs) {
    emit(Node.of(op, List.of(inputs), List.of(output), attributes).withName(""));
  }

  /** The node with another value at {@code index}. */
  static Node withInput(Node node, int index, String value) {
    var inputs = new ArrayList<>(node.inputs());
    inputs.set(index, value);
    return node.withInputs(inputs);
  }

  /** The axis of a value that an attribute or operand means, counted from 0. */
  int axis(String value, long axis) {
    int rank = extents.rank(value);
    return (int) (axis < 0 ? axis + rank : axis);
  }

  static InvalidInputException error(Node node, String reason) {
    return new InvalidInputException(
        "node '%s' (%s): %s".formatted(node.label(), node.op(), reason));
  }
}
