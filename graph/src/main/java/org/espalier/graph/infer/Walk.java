package org.espalier.graph.infer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.espalier.graph.Function;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.SparseTensor;

/** Goes through nodes in order and applies each one's rule, into functions and subgraphs too. */
final class Walk {
  private static final int MAX_DEPTH = 64;
  private static final int MAX_VISITS = 5_000_000;

  private final Map<String, Function> functions = new HashMap<>();
  private final List<Gap> gaps = new ArrayList<>();
  private int depth;
  private int visits;

  /** The first gap inside the node of the main graph that is being looked at. */
  private Gap inside;

  Walk(Model model) {
    model.functions().forEach(f -> functions.put(key(f.domain(), f.name(), f.overload()), f));
  }

  private static String key(String domain, String name, String overload) {
    return (domain.equals("ai.onnx") ? "" : domain) + ":" + name + ":" + overload;
  }

  /** Nodes of the main graph with an output that couldn't be inferred. */
  List<Gap> gaps() {
    return gaps;
  }

  static Fact fact(SparseTensor sparse) {
    return sparse.shape().isFixed()
            && Dims.of(sparse.shape()).elements().fixed() <= Contents.LIMIT
            && sparse.values().type().bits() >= 8
        ? Fact.of(sparse.toDense())
        : Fact.of(sparse.values().type(), Dims.of(sparse.shape()));
  }

  void run(List<Node> nodes, Scope scope, Setting setting, Declared declared) {
    run(nodes, scope, setting, declared, Set.of());
  }

  private void run(
      List<Node> nodes, Scope scope, Setting setting, Declared declared, Set<String> absent) {
    for (Node raw : nodes) {
      if (++visits > MAX_VISITS) {
        throw new InvalidInputException(
            "functions and subgraphs come to over %d nodes".formatted(MAX_VISITS));
      }
      Node node = Setting.without(setting.bind(raw), absent);
      List<Fact> inputs = inputs(node, scope);
      Optional<String> trouble = Optional.empty();
      List<Fact> outputs;
      Function function = functions.get(key(node.domain(), node.op(), node.overload()));
      if (function != null) {
        outputs = call(function, node, inputs);
      } else {
        var call =
            new Call(node, setting.opset(node), inputs, (g, in) -> body(g, in, scope, setting));
        trouble = apply(call);
        outputs = call.results();
      }
      boolean complete = true;
      for (int k = 0; k < node.outputs().size(); k++) {
        String name = node.outputs().get(k);
        if (!name.isEmpty()) {
          Fact fact = declared.merge(node, name, outputs.get(k));
          complete &= fact.dims() != null && fact.element() != null;
          scope.facts().put(name, fact);
        }
      }
      note(node, complete, trouble);
    }
  }

  private static List<Fact> inputs(Node node, Scope scope) {
    var facts = new ArrayList<Fact>(node.inputs().size());
    for (String input : node.inputs()) {
      facts.add(
          input.isEmpty()
              ? Fact.UNKNOWN
              : scope
                  .find(input)
                  .orElseThrow(
                      () ->
                          new InvalidInputException(
                              "node '%s': nothing before it makes its input '%s'"
                                  .formatted(node.label(), input))));
    }
    return facts;
  }

  /** Applies the node's rule; the reason why something is left open, where it is. */
  private static Optional<String> apply(Call call) {
    Optional<Rule> rule = Rules.of(call.node());
    if (rule.isEmpty()) {
      return Optional.of("no rule for operator " + Rules.name(call.node()));
    }
    try {
      rule.get().infer(call);
      Folding.fold(call);
      return Optional.empty();
    } catch (Unresolved open) {
      return Optional.of(open.getMessage());
    } catch (ArithmeticException overflow) {
      throw call.error("sizes beyond 64 bits, or a division by zero, in its shape");
    }
  }

  private void note(Node node, boolean complete, Optional<String> trouble) {
    boolean ruled =
        Rules.of(node).isPresent()
            || functions.containsKey(key(node.domain(), node.op(), node.overload()));
    if (complete && ruled && inside == null) {
      return;
    }
    String reason =
        trouble.orElse(
            inside != null
                ? "inside it, " + inside
                : "its outputs can't be told from what is known of its inputs");
    var gap = new Gap(node, reason);
    if (depth > 0) {
      inside = inside == null ? gap : inside;
    } else {
      gaps.add(gap);
      inside = null;
    }
  }

  private List<Fact> call(Function function, Node call, List<Fact> inputs) {
    if (inputs.size() > function.inputs().size()
        || call.outputs().size() > function.outputs().size()) {
      throw new InvalidInputException(
          "node '%s': %d inputs and %d outputs, function %s has %d and %d"
              .formatted(
                  call.label(),
                  inputs.size(),
                  call.outputs().size(),
                  function.name(),
                  function.inputs().size(),
                  function.outputs().size()));
    }
    var facts = new HashMap<String, Fact>();
    var absent = new HashSet<String>();
    for (int k = 0; k < function.inputs().size(); k++) {
      String name = function.inputs().get(k);
      if (call.input(k).isPresent()) {
        facts.put(name, inputs.get(k));
      } else {
        absent.add(name);
      }
    }
    var scope = new Scope(facts, null);
    enter(call.label());
    run(
        function.nodes(),
        scope,
        Setting.of(function, call),
        new Declared(function.values()),
        absent);
    depth--;
    return results(function.outputs(), scope);
  }

  private List<Fact> body(Graph graph, List<Fact> arguments, Scope outer, Setting setting) {
    if (arguments.size() > graph.inputs().size()) {
      throw new InvalidInputException(
          "graph '%s' has %d inputs, the node around it gives %d"
              .formatted(graph.name(), graph.inputs().size(), arguments.size()));
    }
    var facts = new HashMap<String, Fact>();
    graph.initializers().forEach((name, tensor) -> facts.put(name, Fact.of(tensor)));
    graph.sparseInitializers().forEach((name, sparse) -> facts.put(name, fact(sparse)));
    for (int k = 0; k < arguments.size(); k++) {
      facts.put(graph.inputs().get(k).name(), arguments.get(k));
    }
    var scope = new Scope(facts, outer);
    enter(graph.name());
    run(graph.nodes(), scope, setting, new Declared(graph));
    depth--;
    return results(graph.outputs().stream().map(output -> output.name()).toList(), scope);
  }

  private void enter(String name) {
    if (++depth > MAX_DEPTH) {
      throw new InvalidInputException(
          "functions and subgraphs nested over %d deep, at '%s'".formatted(MAX_DEPTH, name));
    }
  }

  private static List<Fact> results(List<String> names, Scope scope) {
    return names.stream().map(name -> scope.find(name).orElse(Fact.UNKNOWN)).toList();
  }
}
