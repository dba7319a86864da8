package org.espalier.graph.pass;

import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;

/**
 * What the rules of one pass over a model share: names, shapes, and the constants they add to the
 * outermost graph, each content once.
 */
final class Rewriting {
  private final Names names;
  private final Shapes shapes;
  private final Set<String> keep;
  private final Set<String> used = new HashSet<>();
  private final Map<Tensor, String> constants = new HashMap<>();
  private final Map<String, Tensor> added = new LinkedHashMap<>();

  Rewriting(Graph graph, Shapes shapes, Set<String> keep) {
    this.names = new Names(graph);
    this.shapes = shapes;
    this.keep = keep;
    graph.nodes().forEach(this::use);
    graph.outputs().stream().map(ValueInfo::name).forEach(used::add);
  }

  List<Node> rewrite(Node node, long opset, Rule rule) {
    var rewriter = new Rewriter(this, opset, node);
    rule.rewrite(node, rewriter);
    return rewriter.nodes();
  }

  /** Counts what the node reads as used. */
  void use(Node node) {
    used.addAll(Graph.uses(node));
    for (Graph subgraph : node.subgraphs()) {
      subgraph.nodes().forEach(this::use);
      subgraph.outputs().stream().map(ValueInfo::name).forEach(used::add);
    }
  }

  boolean isUsed(String value) {
    return used.contains(value);
  }

  boolean keeps(String op) {
    return keep.contains(op);
  }

  Names names() {
    return names;
  }

  String constant(Tensor tensor) {
    return constants.computeIfAbsent(
        tensor,
        content -> {
          String name = names.fresh("constant");
          added.put(name, content);
          return name;
        });
  }

  /** The constants added so far, by name. */
  Map<String, Tensor> added() {
    return Collections.unmodifiableMap(added);
  }

  /** The element type of a value, where known before the model runs. */
  Optional<DataType> type(String value) {
    Tensor constant = added.get(value);
    return constant != null ? Optional.of(constant.type()) : shapes.element(value);
  }

  Optional<Shape> shape(String value) {
    Tensor constant = added.get(value);
    return constant != null ? Optional.of(constant.shape()) : shapes.shape(value);
  }

  /** The content of a value, where the file fixes it. */
  Optional<Tensor> content(String value) {
    Tensor constant = added.get(value);
    return constant != null ? Optional.of(constant) : shapes.constant(value);
  }
}
