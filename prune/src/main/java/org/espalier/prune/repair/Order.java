package org.espalier.prune.repair;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;

/**
 * A graph's nodes in an order in which each shortcut is computed before the layer that it is added
 * to the output of.
 */
final class Order {
  private Order() {}

  static Graph of(Graph graph, List<Fit> fits) {
    Map<Node, String> shortcuts = new HashMap<>();
    for (Fit fit : fits) {
      if (fit.target().shortcut() != null) {
        shortcuts.put(fit.layer().node(), fit.target().shortcut());
      }
    }
    Map<String, Node> producers = graph.producers();
    var done = new HashSet<Node>();
    var order = new ArrayList<Node>();
    for (Node node : graph.nodes()) {
      String shortcut = shortcuts.get(node);
      if (shortcut != null) {
        place(producers.get(shortcut), producers, node, done, order);
      }
      if (done.add(node)) {
        order.add(node);
      }
    }
    return graph.withNodes(order);
  }

  /**
   * The layers in the order in which a graph computes them. Of two that are each other's shortcut
   * the later one fits the sum.
   */
  static List<Fit> sorted(List<Fit> fits, Graph graph) {
    var places = new HashMap<Node, Integer>();
    graph.nodes().forEach(node -> places.put(node, places.size()));
    Map<String, Node> producers = graph.producers();
    Map<String, List<Node>> consumers = graph.consumers();
    return fits.stream()
        .flatMap(
            fit -> {
              Node shortcut = producers.get(fit.target().shortcut());
              boolean known =
                  shortcut == null || places.get(shortcut) < places.get(fit.layer().node());
              return known ? Stream.of(fit) : Fit.of(graph, fit.layer(), consumers, false).stream();
            })
        .sorted(Comparator.comparingInt(fit -> places.get(fit.layer().node())))
        .toList();
  }

  /** Places a node and what it needs, unless that takes {@code layer} itself. */
  private static void place(
      Node node, Map<String, Node> producers, Node layer, Set<Node> done, List<Node> order) {
    var needed = new ArrayList<Node>();
    var seen = new HashSet<Node>();
    var pending = new ArrayList<Node>();
    if (node != null) {
      pending.add(node);
    }
    while (!pending.isEmpty()) {
      Node next = pending.removeLast();
      if (next.equals(layer)) {
        return;
      }
      if (!done.contains(next) && seen.add(next)) {
        needed.add(next);
        Graph.uses(next).stream()
            .map(producers::get)
            .filter(maker -> maker != null)
            .forEach(pending::add);
      }
    }
    // A node needs at most those that are deeper in the search: they come first, all in order.
    var placed = new HashSet<Node>();
    needed.forEach(each -> visit(each, producers, seen, placed, order));
    done.addAll(placed);
  }

  private static void visit(
      Node node, Map<String, Node> producers, Set<Node> among, Set<Node> placed, List<Node> order) {
    if (!among.contains(node) || placed.contains(node)) {
      return;
    }
    Graph.uses(node).stream()
        .map(producers::get)
        .filter(maker -> maker != null)
        .forEach(maker -> visit(maker, producers, among, placed, order));
    if (placed.add(node)) {
      order.add(node);
    }
  }
}
