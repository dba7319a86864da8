package org.espalier.train.init;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Operators;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.pass.Canonical;

/**
 * Finds the activation that a layer's input comes from, in any exporter's spelling: the longest
 * function of one value, number by number, that gives what the layer reads, past nodes that only
 * move or pool numbers. A GELU is then one function, whether it is one node or five.
 */
final class Activations {
  private static final int LONGEST = 40;

  private static final Set<String> ELEMENTWISE =
      Set.of(
          ("Abs Add Cast Div Erf Exp Identity Log Max Min Mul Neg Pow Reciprocal Shrink Sin Sqrt"
                  + " Sub")
              .split(" "));

  private static final Set<String> MOVING =
      Set.of(
          ("AveragePool Cast Concat DepthToSpace Dropout Expand Flatten Gather GlobalAveragePool"
                  + " GlobalMaxPool Identity MaxPool Pad ReduceMean Reshape Resize Slice"
                  + " SpaceToDepth Split Squeeze Transpose Unsqueeze")
              .split(" "));

  /** With a constant for each channel, these only shift and scale. */
  private static final Set<String> AFFINE = Set.of("Add", "Sub", "Mul", "Div");

  private static final Set<String> LINEAR = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

  /** What stands before a layer. */
  sealed interface Before {
    /** An activation. */
    record Activation(String name, Pointwise function) implements Before {}

    /** Something that leaves a number of variance about one, or is linear. */
    record Linear(String name) implements Before {}

    /** The network's own input. */
    record Input() implements Before {}

    /** Anything else. */
    record Other(String name) implements Before {}
  }

  private final Graph graph;
  private final Shapes shapes;
  private final Map<String, Node> producers;
  private final Map<String, Integer> places = new HashMap<>();
  private final Set<String> fixed = new HashSet<>(); // weights, and what is made of weights alone
  private final Set<String> inputs;

  Activations(Model model) {
    Model canonical = Canonical.of(model);
    graph = canonical.graph();
    shapes = Shapes.infer(canonical);
    producers = graph.producers();
    inputs = graph.requiredInputs().stream().map(ValueInfo::name).collect(Collectors.toSet());
    fixed.addAll(graph.initializers().keySet());
    fixed.addAll(graph.sparseInitializers().keySet());
    for (int k = 0; k < graph.nodes().size(); k++) {
      Node node = graph.nodes().get(k);
      if (fixed.containsAll(Graph.uses(node))) {
        fixed.addAll(node.outputs());
      }
      for (String output : node.outputs()) {
        places.put(output, k);
      }
    }
  }

  /** What stands before the layer that makes this value. */
  Before before(String layerOutput) {
    Node layer = producers.get(layerOutput);
    return layer == null
        ? new Before.Other("unknown")
        : moving(layer).map(this::behind).orElse(new Before.Other(layer.op()));
  }

  private Before behind(String value) {
    String at = value;
    while (true) {
      Pointwise function = longest(at);
      if (!function.nodes().isEmpty()) {
        return inputs.contains(function.source())
            ? new Before.Input()
            : new Before.Activation(function.name(), function);
      }
      Node maker = producers.get(at);
      if (maker == null) {
        return inputs.contains(at) ? new Before.Input() : new Before.Other("unknown");
      }
      Optional<String> source = moving(maker);
      boolean affine = AFFINE.contains(maker.op()) && dynamic(maker).size() == 1;
      if (source.isPresent() && (MOVING.contains(maker.op()) || affine)) {
        at = source.get();
      } else {
        return isLinear(maker) ? new Before.Linear(maker.op()) : new Before.Other(maker.op());
      }
    }
  }

  private boolean isLinear(Node maker) {
    return LINEAR.contains(maker.op())
        || maker.is("Add")
        || maker.is("Sub")
        || Operators.NORMALIZATIONS.contains(maker.op())
        || (AFFINE.contains(maker.op()) && dynamic(maker).stream().anyMatch(this::isStatistic));
  }

  /** Whether it's a number of many, such as a deviation: what divides by it normalises. */
  private boolean isStatistic(String value) {
    Node maker = producers.get(value);
    while (maker != null && ELEMENTWISE.contains(maker.op()) && dynamic(maker).size() == 1) {
      maker = producers.get(dynamic(maker).getFirst());
    }
    return maker != null && maker.op().startsWith("Reduce");
  }

  /** The first input that isn't a constant. */
  private Optional<String> moving(Node node) {
    return dynamic(node).stream().findFirst();
  }

  private List<String> dynamic(Node node) {
    return node.inputs().stream()
        .filter(input -> !input.isEmpty() && !fixed.contains(input))
        .toList();
  }

  /** The longest function of one value that gives this one; of no node, where there is none. */
  private Pointwise longest(String value) {
    NavigableSet<String> open =
        new TreeSet<>(
            Comparator.comparing((String name) -> places.getOrDefault(name, -1))
                .thenComparing(Comparator.naturalOrder()));
    open.add(value);
    var nodes = new ArrayList<Node>();
    var scalars = new HashMap<String, Tensor>();
    var found = new Pointwise(value, value, List.of(), Map.of());
    while (nodes.size() < LONGEST) {
      String last = open.removeLast();
      Node node = producers.get(last);
      if (node == null || !isPointwise(node, scalars)) {
        return found;
      }
      nodes.addFirst(node);
      open.addAll(dynamic(node));
      if (open.size() == 1) {
        found = new Pointwise(open.first(), value, List.copyOf(nodes), Map.copyOf(scalars));
      }
    }
    return found;
  }

  /** Whether it works on each number by itself, the same for all; adds its constants. */
  private boolean isPointwise(Node node, Map<String, Tensor> scalars) {
    boolean known =
        node.isStandard()
            && (ELEMENTWISE.contains(node.op()) || Operators.ACTIVATIONS.contains(node.op()));
    if (!known || dynamic(node).isEmpty()) {
      return false;
    }
    for (String input : node.inputs()) {
      if (fixed.contains(input)) {
        Optional<Tensor> scalar = scalar(input, node.is("PRelu"));
        if (scalar.isEmpty()) {
          return false;
        }
        scalars.put(input, scalar.get());
      }
    }
    return true;
  }

  private Optional<Tensor> scalar(String name, boolean repeated) {
    return graph
        .initializer(name)
        .or(() -> shapes.constant(name))
        .filter(tensor -> tensor.size() == 1 || (repeated && isOneNumber(tensor)))
        .map(Pointwise::scalar);
  }

  private static boolean isOneNumber(Tensor tensor) {
    for (long k = 1; k < tensor.size(); k++) {
      if (tensor.realAt(k) != tensor.realAt(0)) {
        return false;
      }
    }
    return tensor.size() > 0;
  }
}
