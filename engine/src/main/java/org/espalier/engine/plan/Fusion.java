package org.espalier.engine.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.engine.kernel.Curve;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;

/**
 * Joins each convolution and matrix product with the bias, the residual and the activation that
 * follow it, so that their results are touched once.
 */
final class Fusion {
  /** Operators that take in all that follows. */
  private static final Set<String> HEADS = Set.of("Conv", "Gemm", "MatMul");

  /** Operators that take in an activation. */
  private static final Set<String> LIGHT_HEADS = Set.of("BatchNormalization", "Add");

  private final Graph graph;
  private final Shapes shapes;
  private final Map<String, List<Node>> consumers;
  private final Set<String> outputs = new HashSet<>();
  private final IdentityHashMap<Node, Layer> byLast = new IdentityHashMap<>();
  private final Map<String, Layer> curves = new HashMap<>();
  private final Set<Node> taken = Collections.newSetFromMap(new IdentityHashMap<>());

  private Fusion(Graph graph, Shapes shapes) {
    this.graph = graph;
    this.shapes = shapes;
    this.consumers = graph.consumers();
    graph.outputs().stream().map(ValueInfo::name).forEach(outputs::add);
  }

  /** The layers of {@code graph}, each after those whose values it uses. */
  static List<Layer> of(Graph graph, Shapes shapes) {
    var fusion = new Fusion(graph, shapes);
    var layers = new ArrayList<Layer>();
    // A layer stands where its last node stood: what is fused into it may come later than its head.
    var byLast = fusion.byLast;
    fusion.recognise();
    for (Node node : graph.nodes()) {
      if (!fusion.taken.contains(node)) {
        var chain = new ArrayList<Node>(List.of(node));
        Layer layer = fusion.grow(Layer.of(node), chain);
        fusion.taken.addAll(chain);
        byLast.put(chain.getLast(), layer);
      }
    }
    for (Node node : graph.nodes()) {
      if (byLast.containsKey(node)) {
        layers.add(byLast.get(node));
      }
    }
    return layers;
  }

  /** Finds what files spell out in several nodes, before anything else takes a part of it. */
  private void recognise() {
    var around = new Surroundings(graph, shapes);
    for (Node node : graph.nodes()) {
      NormPattern.at(node, around)
          .or(() -> GeluPattern.at(node, around))
          .or(() -> AttentionPattern.at(node, around))
          .filter(layer -> layer.parts().stream().noneMatch(taken::contains))
          .ifPresent(
              layer -> {
                taken.addAll(layer.parts());
                byLast.put(layer.parts().getLast(), layer);
                if (Activations.curve(layer.node()).isPresent()) {
                  curves.put(layer.node().inputs().getFirst(), layer);
                }
              });
    }
  }

  private Layer grow(Layer head, List<Node> chain) {
    Node node = head.node();
    Layer layer = head;
    if (node.isStandard() && LIGHT_HEADS.contains(node.op())) {
      return activation(head, chain);
    }
    if (!node.isStandard() || !HEADS.contains(node.op())) {
      return head;
    }
    if (node.is("MatMul")) {
      layer = bias(layer, chain);
    }
    for (boolean grown = true; grown; ) {
      int before = chain.size();
      layer = activation(residual(layer, chain), chain);
      grown = chain.size() > before && !layer.tail().hasActivation();
    }
    return layer;
  }

  /** The only node that uses the layer's value, which nobody else may see. */
  private Optional<Node> next(Layer layer) {
    List<Node> users = consumers.getOrDefault(layer.output(), List.of());
    return users.size() == 1 && !outputs.contains(layer.output())
        ? Optional.of(users.getFirst()).filter(user -> !taken.contains(user))
        : Optional.empty();
  }

  private Layer bias(Layer layer, List<Node> chain) {
    Optional<Node> add = next(layer).filter(node -> node.is("Add"));
    if (add.isEmpty()) {
      return layer;
    }
    Optional<String> constant = other(add.get(), layer.output());
    Tensor vector = constant.map(graph.initializers()::get).orElse(null);
    Tensor weights = graph.initializers().get(layer.node().inputs().get(1));
    if (vector == null || weights == null || weights.rank() != 2) {
      return layer;
    }
    if (vector.rank() != 1 || vector.dim(0) != weights.dim(1)) {
      return layer;
    }
    chain.add(add.get());
    return layer.taking(add.get(), constant, layer.tail(), add.get().outputs().getFirst());
  }

  private Layer residual(Layer layer, List<Node> chain) {
    if (layer.tail().hasActivation() || layer.tail().residual().isPresent()) {
      return layer;
    }
    Optional<Node> add = next(layer).filter(node -> node.is("Add"));
    Optional<String> value = add.flatMap(node -> other(node, layer.output()));
    if (value.isEmpty() || graph.isInitializer(value.get())) {
      return layer;
    }
    boolean sameShape =
        shapes
            .shape(value.get())
            .filter(s -> shapes.shape(layer.output()).equals(Optional.of(s)))
            .isPresent();
    if (!sameShape) {
      return layer;
    }
    chain.add(add.get());
    return layer.taking(
        add.get(), layer.bias(), layer.tail().adding(value.get()), add.get().outputs().getFirst());
  }

  private static Optional<String> other(Node node, String value) {
    String left = node.inputs().get(0);
    String right = node.inputs().get(1);
    return left.equals(right) ? Optional.empty() : Optional.of(left.equals(value) ? right : left);
  }

  private Layer activation(Layer layer, List<Node> chain) {
    if (layer.tail().hasActivation()) {
      return layer;
    }
    Layer curve = curves.get(layer.output());
    if (curve != null && curve.parts().containsAll(consumers.get(layer.output()))) {
      return outputs.contains(layer.output()) ? layer : joined(layer, curve, chain);
    }
    Optional<Node> user = next(layer);
    if (user.isPresent() && user.get().isStandard()) {
      Node node = user.get();
      Optional<Tail> tail = Activations.bounds(node, shapes).map(layer.tail()::with);
      if (tail.isEmpty()) {
        tail = Activations.curve(node).map(layer.tail()::with);
      }
      if (tail.isPresent()) {
        chain.add(node);
        return layer.taking(node, layer.bias(), tail.get(), node.outputs().getFirst());
      }
    }
    return swish(layer, chain);
  }

  /** The layer with an activation that is spelled out in several nodes. */
  private Layer joined(Layer layer, Layer curve, List<Node> chain) {
    byLast.remove(curve.parts().getLast());
    chain.addAll(curve.parts());
    Tail tail = layer.tail().with(Activations.curve(curve.node()).orElseThrow());
    Layer joined = layer;
    for (Node part : curve.parts()) {
      joined = joined.taking(part, layer.bias(), tail, curve.output());
    }
    return joined;
  }

  /** Finds {@code x * sigmoid(x)}, spelled as two nodes that both use the layer's value. */
  private Layer swish(Layer layer, List<Node> chain) {
    List<Node> users = consumers.getOrDefault(layer.output(), List.of());
    if (users.size() != 2 || outputs.contains(layer.output())) {
      return layer;
    }
    Node sigmoid = users.get(0).is("Sigmoid") ? users.get(0) : users.get(1);
    Node product = users.get(0).is("Sigmoid") ? users.get(1) : users.get(0);
    boolean matches =
        sigmoid.is("Sigmoid")
            && product.is("Mul")
            && product.inputs().contains(sigmoid.outputs().getFirst())
            && consumers.get(sigmoid.outputs().getFirst()).size() == 1
            && !outputs.contains(sigmoid.outputs().getFirst())
            && !taken.contains(sigmoid)
            && !taken.contains(product);
    if (!matches) {
      return layer;
    }
    chain.add(sigmoid);
    chain.add(product);
    Tail tail = layer.tail().with(Curve.SILU);
    return layer
        .taking(sigmoid, layer.bias(), tail, "")
        .taking(product, layer.bias(), tail, product.outputs().getFirst());
  }
}
