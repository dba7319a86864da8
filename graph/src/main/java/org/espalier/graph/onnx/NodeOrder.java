package org.espalier.graph.onnx;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.graph.Function;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;

/**
 * Puts nodes in an order in which each value is made before it is used, as ONNX asks and not every
 * writer cares about. Nodes move no further than they must; a model that is in order stays itself.
 */
final class NodeOrder {
  private static final System.Logger LOG = System.getLogger(NodeOrder.class.getName());
  private static final int NAMED = 10;

  private boolean moved;

  private NodeOrder() {}

  static Model sorted(Model model, String file) {
    var order = new NodeOrder();
    Graph graph = order.sorted(model.graph());
    List<Function> functions = model.functions().stream().map(order::sorted).toList();
    if (!order.moved) {
      return model;
    }
    LOG.log(Level.WARNING, "{0}: nodes are out of order; put in order", file);
    return new Model(
        model.irVersion(),
        model.producerName(),
        model.producerVersion(),
        model.domain(),
        model.modelVersion(),
        model.opsets(),
        graph,
        functions,
        model.details());
  }

  private Function sorted(Function function) {
    return new Function(
        function.name(),
        function.domain(),
        function.overload(),
        function.inputs(),
        function.outputs(),
        function.attributes(),
        function.defaults(),
        sorted(function.nodes(), Set.copyOf(function.inputs())),
        function.opsets(),
        function.values(),
        function.details());
  }

  private Graph sorted(Graph graph) {
    var given = new HashSet<>(graph.initializers().keySet());
    given.addAll(graph.sparseInitializers().keySet());
    graph.inputs().forEach(input -> given.add(input.name()));
    return graph.withNodes(sorted(graph.nodes(), given));
  }

  /** Subgraphs first: what one takes from outside is known only when it is in order itself. */
  private List<Node> sorted(List<Node> nodes, Set<String> given) {
    List<Node> inner = nodes.stream().map(node -> node.withSubgraphs(this::sorted)).toList();
    Map<String, Integer> producers = producers(inner, given);
    if (isSorted(inner, producers)) {
      return inner;
    }
    moved = true;
    return topological(inner, producers);
  }

  private static boolean isSorted(List<Node> nodes, Map<String, Integer> producers) {
    for (int k = 0; k < nodes.size(); k++) {
      for (String use : Graph.uses(nodes.get(k))) {
        if (producers.getOrDefault(use, -1) >= k) {
          return false;
        }
      }
    }
    return true;
  }

  /** The node that makes each value; what is given from outside needs none. */
  private static Map<String, Integer> producers(List<Node> nodes, Set<String> given) {
    var producers = new HashMap<String, Integer>();
    for (int k = 0; k < nodes.size(); k++) {
      for (String output : nodes.get(k).outputs()) {
        producers.putIfAbsent(output, k);
      }
    }
    producers.keySet().removeAll(given);
    return producers;
  }

  private static List<Node> topological(List<Node> nodes, Map<String, Integer> producers) {
    var needs = new ArrayList<Set<Integer>>();
    var users = new ArrayList<List<Integer>>();
    nodes.forEach(node -> users.add(new ArrayList<>()));
    var ready = new PriorityQueue<Integer>();
    for (int k = 0; k < nodes.size(); k++) {
      var producing = new LinkedHashSet<Integer>();
      for (String use : Graph.uses(nodes.get(k))) {
        Integer producer = producers.get(use);
        if (producer != null && producing.add(producer)) {
          users.get(producer).add(k);
        }
      }
      needs.add(producing);
      if (producing.isEmpty()) {
        ready.add(k);
      }
    }
    var sorted = new ArrayList<Node>(nodes.size());
    while (!ready.isEmpty()) {
      int next = ready.remove();
      sorted.add(nodes.get(next));
      for (int user : users.get(next)) {
        needs.get(user).remove(next);
        if (needs.get(user).isEmpty()) {
          ready.add(user);
        }
      }
    }
    if (sorted.size() < nodes.size()) {
      throw cycle(nodes, needs);
    }
    return sorted;
  }

  /** Follows what is still needed, from any node in the way, until it comes round. */
  private static InvalidInputException cycle(List<Node> nodes, List<Set<Integer>> needs) {
    int at = 0;
    while (needs.get(at).isEmpty()) {
      at++;
    }
    var path = new LinkedHashSet<Integer>();
    while (path.add(at)) {
      at = needs.get(at).iterator().next();
    }
    int start = at;
    List<Integer> cycle = path.stream().dropWhile(node -> node != start).toList();
    String names =
        cycle.stream()
            .limit(NAMED)
            .map(node -> "'" + nodes.get(node).label() + "'")
            .collect(Collectors.joining(", "));
    return new InvalidInputException(
        "nodes need each other in a cycle: %s%s"
            .formatted(names, cycle.size() > NAMED ? ", ... (" + cycle.size() + " in all)" : ""));
  }
}
