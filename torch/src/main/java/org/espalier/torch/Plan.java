package org.espalier.torch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.espalier.graph.DataType;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.UnsupportedModelException.Unsupported;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;

/**
 * A graph ready to be run: each value has a number, each node its rule, and after each node stand
 * the values that nothing needs any longer.
 */
record Plan(Map<String, Integer> slots, List<Step> steps, Map<String, Integer> outputs) {
  /** The number of an input or output that is absent. */
  static final int ABSENT = -1;

  /**
   * One node with the numbers of its values, and of those that it is the last to use.
   *
   * @param plain whether plain Java does it; then there is no rule
   */
  record Step(Node node, Rule rule, boolean plain, int[] inputs, int[] outputs, int[] last) {}

  /**
   * @param types what is known of the values' types
   * @throws UnsupportedModelException where a node has no rule; all such are named
   */
  static Plan of(Graph graph, Shapes types) {
    var slots = new HashMap<String, Integer>();
    graph.initializers().keySet().forEach(name -> slots.put(name, slots.size()));
    graph.inputs().forEach(input -> slots.putIfAbsent(input.name(), slots.size()));
    int borrowed = slots.size();
    var refused = new ArrayList<Unsupported>();
    for (Node node : graph.nodes()) {
      refusal(node, graph, slots.keySet(), types).ifPresent(refused::add);
      node.outputs().forEach(output -> slots.putIfAbsent(output, slots.size()));
    }
    if (!refused.isEmpty()) {
      throw new UnsupportedModelException(refused);
    }
    var outputs = new LinkedHashMap<String, Integer>();
    for (ValueInfo output : graph.outputs()) {
      outputs.put(output.name(), slots.get(output.name()));
    }
    return new Plan(slots, steps(graph, types, slots, borrowed, outputs), outputs);
  }

  /**
   * @param made the values there are before the node
   */
  private static Optional<Unsupported> refusal(
      Node node, Graph graph, Set<String> made, Shapes types) {
    String reason = null;
    if (Gradients.is(node)) {
      reason = Gradients.refusal(node, graph, made).orElse(null);
    } else if (!node.isStandard()) {
      reason = "operators of domain '" + node.domain() + "' are not known";
    } else if (!Fallback.supports(node)) {
      Optional<DataType> strange = strange(node, types);
      if (Rules.of(node.op()) == null) {
        reason = "no rule for this operator on libtorch";
      } else if (strange.isPresent()) {
        reason = "libtorch doesn't compute with type " + strange.get();
      }
    }
    return Optional.ofNullable(reason).map(why -> new Unsupported(node.label(), node.op(), why));
  }

  /** A type among a node's values that libtorch doesn't compute with. */
  private static Optional<DataType> strange(Node node, Shapes types) {
    return Stream.concat(node.inputs().stream(), node.outputs().stream())
        .filter(name -> !name.isEmpty())
        .flatMap(name -> types.element(name).stream())
        .filter(type -> !Fallback.isNative(type))
        .findFirst();
  }

  private static Rule rule(Node node) {
    return Gradients.is(node) ? Gradients::apply : Rules.of(node.op());
  }

  private static boolean isPlain(Node node, Shapes types) {
    return rule(node) == null || strange(node, types).isPresent();
  }

  /** Which step makes a value; -1 where it's there beforehand. */
  int madeBy(int slot) {
    for (int k = 0; k < steps.size(); k++) {
      for (int output : steps.get(k).outputs()) {
        if (output == slot) {
          return k;
        }
      }
    }
    return -1;
  }

  private static List<Step> steps(
      Graph graph,
      Shapes types,
      Map<String, Integer> slots,
      int borrowed,
      Map<String, Integer> outputs) {
    var seen = new boolean[slots.size()];
    outputs.values().forEach(slot -> seen[slot] = true);
    var steps = new ArrayList<Step>();
    // Backwards, so that the first use met is the last one.
    for (Node node : graph.nodes().reversed()) {
      int[] in = numbers(Gradients.is(node) ? Gradients.reads(node) : node.inputs(), slots);
      int[] out = numbers(node.outputs(), slots);
      var last = new ArrayList<Integer>();
      for (int[] side : new int[][] {in, out}) {
        for (int slot : side) {
          if (slot >= borrowed && !seen[slot]) {
            seen[slot] = true;
            last.add(slot);
          }
        }
      }
      int[] free = last.stream().mapToInt(Integer::intValue).toArray();
      steps.add(new Step(node, rule(node), isPlain(node, types), in, out, free));
    }
    return steps.reversed();
  }

  private static int[] numbers(List<String> names, Map<String, Integer> slots) {
    return names.stream().mapToInt(name -> name.isEmpty() ? ABSENT : slots.get(name)).toArray();
  }
}
