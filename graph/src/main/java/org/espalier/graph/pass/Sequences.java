package org.espalier.graph.pass;

import static java.util.Map.entry;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;

/**
 * Sequences of tensors written as plain values, as exporters have them for lists, chunks and
 * unbound axes: an element taken from a list that the file puts together is that value.
 *
 * <p>Each sequence is followed from where it is made. What asks it for an element, its length or
 * its concatenation is replaced where the answer, or a tensor operator that gives it, is known; the
 * nodes that make a sequence go where nothing reads it any longer. What can't be told before the
 * run stays, for executors to refuse.
 *
 * <p>An input with a default that decided a length or a position is an input no longer: with
 * another content it would be another graph.
 */
final class Sequences {
  /** Operators that make a sequence. */
  private static final Map<String, Maker> MAKERS =
      Map.ofEntries(
          entry("SequenceEmpty", (_, _, _) -> Optional.of(new Sequence.Elements(List.of()))),
          entry("SequenceConstruct", (_, node, _) -> elements(node.inputs())),
          entry("SequenceInsert", Sequences::insert),
          entry("SequenceErase", Sequences::erase),
          entry("SplitToSequence", SplitRule::parts));

  /** Operators that make a tensor of a sequence. */
  private static final Map<String, Reader> READERS =
      Map.ofEntries(
          entry("SequenceAt", Sequences::at),
          entry("SequenceLength", (_, sequence, _, out) -> length(sequence, out)),
          entry("ConcatFromSequence", (_, sequence, node, out) -> concat(sequence, node, out)));

  private interface Maker {
    /** The sequence that a node makes, where it can be told. */
    Optional<? extends Sequence> make(Sequences walk, Node node, Rewriter out);
  }

  private interface Reader {
    /** Writes what a node takes from a sequence, or the node itself. */
    void read(Sequences walk, Sequence sequence, Node node, Rewriter out);
  }

  /** A node of the result; one that only makes a sequence stays if a node behind it reads that. */
  private record Written(Node node, boolean needed) {}

  private final Model model;
  private final Rewriting rewriting;
  private final Map<String, Sequence> known = new HashMap<>();
  private final Set<String> decisive = new HashSet<>();

  private Sequences(Model model) {
    this.model = model;
    this.rewriting = new Rewriting(model.graph(), Shapes.infer(model), Set.of());
  }

  /**
   * The model with the sequences of its main graph resolved.
   *
   * @param model in the newest operators
   * @throws InvalidInputException where a position lies outside its sequence
   */
  static Model resolved(Model model) {
    Model resolved = model;
    long left = count(model);
    while (left > 0) {
      Model next = new Sequences(resolved).resolve();
      if (count(next) == left) {
        break;
      }
      // The shape of what was taken from a sequence is known only now.
      resolved = next;
      left = count(next);
    }
    return resolved;
  }

  private static long count(Model model) {
    return model.graph().nodes().stream()
        .filter(Node::isStandard)
        .filter(node -> MAKERS.containsKey(node.op()) || READERS.containsKey(node.op()))
        .count();
  }

  private Model resolve() {
    Graph graph = model.graph();
    var written = new ArrayList<Written>();
    for (Node node : graph.nodes()) {
      boolean needed = !(node.isStandard() && MAKERS.containsKey(node.op()));
      for (Node one : rewriting.rewrite(node, Canonical.OPSET, this::rewrite)) {
        written.add(new Written(one, needed));
      }
    }
    var used = new HashSet<String>();
    graph.outputs().forEach(output -> used.add(output.name()));
    var nodes = new ArrayList<Node>();
    for (Written one : written.reversed()) {
      if (one.needed() || one.node().outputs().stream().anyMatch(used::contains)) {
        nodes.add(one.node());
        used.addAll(Graph.uses(one.node()));
      }
    }
    Collections.reverse(nodes);
    return model.withGraph(rebuilt(graph, nodes, used));
  }

  private void rewrite(Node node, Rewriter out) {
    if (node.isStandard() && MAKERS.containsKey(node.op())) {
      MAKERS
          .get(node.op())
          .make(this, node, out)
          .ifPresent(sequence -> known.put(node.outputs().getFirst(), sequence));
      out.emit(node);
    } else if (node.isStandard() && READERS.containsKey(node.op()) && sequence(node).isPresent()) {
      READERS.get(node.op()).read(this, sequence(node).get(), node, out);
    } else {
      out.emit(node);
    }
  }

  private Graph rebuilt(Graph graph, List<Node> nodes, Set<String> used) {
    var initializers = new LinkedHashMap<>(graph.initializers());
    rewriting
        .added()
        .forEach(
            (name, tensor) -> {
              if (used.contains(name)) {
                initializers.put(name, tensor);
              }
            });
    Set<String> fixed = sources(graph, decisive);
    var made = new HashSet<String>();
    nodes.forEach(node -> made.addAll(node.outputs()));
    return graph
        .with(nodes, initializers)
        .withInputs(
            graph.inputs().stream()
                .filter(in -> !(graph.isInitializer(in.name()) && fixed.contains(in.name())))
                .toList())
        .withValues(graph.values().stream().filter(value -> made.contains(value.name())).toList());
  }

  /** These values and all that they are computed from. */
  private static Set<String> sources(Graph graph, Collection<String> values) {
    Map<String, Node> producers = graph.producers();
    var sources = new HashSet<String>();
    var pending = new ArrayDeque<>(values);
    while (!pending.isEmpty()) {
      String value = pending.pop();
      if (sources.add(value) && producers.containsKey(value)) {
        pending.addAll(Graph.uses(producers.get(value)));
      }
    }
    return sources;
  }

  private Optional<Sequence> sequence(Node node) {
    return node.input(0).map(known::get);
  }

  /** The content of a value, noted as one that the result depends on. */
  Optional<Tensor> content(String value, Rewriter out) {
    Optional<Tensor> content = out.content(value);
    content.ifPresent(_ -> decisive.add(value));
    return content;
  }

  static Optional<Sequence> elements(List<String> values) {
    return Optional.of(new Sequence.Elements(values));
  }

  /** The position in input {@code index}, from 0 to {@code last}, which is where it is absent. */
  private Optional<Integer> place(Node node, int index, int last, int count, Rewriter out) {
    Optional<long[]> given =
        node.input(index).isEmpty()
            ? Optional.of(new long[] {last})
            : content(node.inputs().get(index), out).map(Tensor::integers);
    return given.map(
        position -> {
          if (position.length != 1 || position[0] < -count || position[0] > last) {
            throw new InvalidInputException(
                "node '%s' (%s): position %s in a sequence of %d"
                    .formatted(node.label(), node.op(), Arrays.toString(position), count));
          }
          return (int) (position[0] < 0 ? position[0] + count : position[0]);
        });
  }

  private Optional<Sequence> insert(Node node, Rewriter out) {
    if (!(sequence(node).orElse(null) instanceof Sequence.Elements(var values))) {
      return Optional.empty();
    }
    return place(node, 2, values.size(), values.size(), out)
        .flatMap(
            place -> {
              var longer = new ArrayList<>(values);
              longer.add(place, node.inputs().get(1));
              return elements(longer);
            });
  }

  private Optional<Sequence> erase(Node node, Rewriter out) {
    if (!(sequence(node).orElse(null) instanceof Sequence.Elements(var values))) {
      return Optional.empty();
    }
    return place(node, 1, values.size() - 1, values.size(), out)
        .flatMap(
            place -> {
              var shorter = new ArrayList<>(values);
              shorter.remove(place.intValue());
              return elements(shorter);
            });
  }

  private void at(Sequence sequence, Node node, Rewriter out) {
    switch (sequence) {
      case Sequence.Elements(var values) ->
          place(node, 1, values.size() - 1, values.size(), out)
              .map(values::get)
              .ifPresentOrElse(value -> out.finish("Identity", value), () -> out.emit(node));
      case Sequence.Slices(String x, long axis, boolean keepsAxis) -> {
        String shape = keepsAxis ? out.ints(1) : out.ints();
        String index = out.add("Reshape", node.inputs().get(1), shape);
        out.finish("Gather", Map.of("axis", Attribute.of(axis)), x, index);
      }
      case Sequence.Parts _ -> out.emit(node);
    }
  }

  private static void length(Sequence sequence, Rewriter out) {
    switch (sequence) {
      case Sequence.Elements(var values) ->
          out.finish(
              "Constant", Map.of("value", Attribute.of(Tensor.scalar((long) values.size()))));
      case Sequence.Slices(String x, long axis, boolean _) ->
          out.finish("Gather", out.add("Shape", x), out.constant(Tensor.scalar(axis)));
      case Sequence.Parts(String sizes) -> out.finish("Size", sizes);
    }
  }

  private static void concat(Sequence sequence, Node node, Rewriter out) {
    if (!(sequence instanceof Sequence.Elements(var values)) || values.isEmpty()) {
      out.emit(node);
      return;
    }
    long axis = node.integer("axis", 0);
    var joined = new ArrayList<>(values);
    if (node.integer("new_axis", 0) != 0) {
      joined.replaceAll(value -> out.add("Unsqueeze", value, out.ints(axis)));
    }
    out.finish("Concat", Map.of("axis", Attribute.of(axis)), joined.toArray(String[]::new));
  }
}
