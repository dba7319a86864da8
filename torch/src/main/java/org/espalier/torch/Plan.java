package org.espalier.torch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.UnsupportedModelException;
import org.espalier.graph.UnsupportedModelException.Unsupported;
import org.espalier.graph.ValueInfo;

/**
 * A graph ready to be run: each value has a number, each node its rule, and after each node stand
 * the values that nothing needs any longer.
 */
record Plan(Map<String, Integer> slots, List<Step> steps, Map<String, Integer> outputs) {
  /** The number of an input or output that is absent. */
  static final int ABSENT = -1;

  /** One node with the numbers of its values, and of those that it is the last to use. */
  record Step(Node node, Rule rule, int[] inputs, int[] outputs, int[] last) {}

  /**
   * @throws UnsupportedModelException where a node has no rule; all such are named
   */
  static Plan of(Graph graph) {
    var slots = new HashMap<String, Integer>();
    graph.initializers().keySet().forEach(name -> slots.put(name, slots.size()));
    graph.inputs().forEach(input -> slots.putIfAbsent(input.name(), slots.size()));
    int borrowed = slots.size();
    var refused = new ArrayList<Unsupported>();
    for (Node node : graph.nodes()) {
      reason(node).ifPresent(why -> refused.add(new Unsupported(node.label(), node.op(), why)));
      node.outputs().forEach(output -> slots.putIfAbsent(output, slots.size()));
    }
    if (!refused.isEmpty()) {
      throw new UnsupportedModelException(refused);
    }
    var outputs = new java.util.LinkedHashMap<String, Integer>();
    for (ValueInfo output : graph.outputs()) {
      outputs.put(output.name(), slots.get(output.name()));
    }
    return new Plan(slots, steps(graph, slots, borrowed, outputs), outputs);
  }

  private static java.util.Optional<String> reason(Node node) {
    if (!node.isStandard()) {
      return java.util.Optional.of("operators of domain '" + node.domain() + "' are not known");
    }
    return Rules.of(node) == null
        ? java.util.Optional.of("no rule for this operator on libtorch")
        : java.util.Optional.empty();
  }

  private static List<Step> steps(
      Graph graph, Map<String, Integer> slots, int borrowed, Map<String, Integer> outputs) {
    var seen = new boolean[slots.size()];
    outputs.values().forEach(slot -> seen[slot] = true);
    var steps = new ArrayList<Step>();
    // Backwards, so that the first use met is the last one.
    for (Node node : graph.nodes().reversed()) {
      int[] in = numbers(node.inputs(), slots);
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
      steps.add(new Step(node, Rules.of(node), in, out, free));
    }
    return steps.reversed();
  }

  private static int[] numbers(List<String> names, Map<String, Integer> slots) {
    return names.stream().mapToInt(name -> name.isEmpty() ? ABSENT : slots.get(name)).toArray();
  }
}
