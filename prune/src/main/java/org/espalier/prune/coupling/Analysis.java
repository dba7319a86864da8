package org.espalier.prune.coupling;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.SparseTensor;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.infer.Shapes;
import org.espalier.graph.inspect.Parameters;

/** Applies the rules to every node of a view and makes groups of what they say. */
final class Analysis {
  private final Model model;
  private final Model view;
  private final Shapes shapes;
  private final Ties ties;
  private final Choices choices;
  private final TieRules rules;
  private final Map<String, Tensor> parameters;
  private final List<Frozen> refused = new ArrayList<>();
  private final List<Seam> seams;
  private final Granularity granularity;
  private final Function<Shapes, Ties> tying;
  private final Set<Axis> loose;
  private final Balances balances;

  Analysis(Model model, Model view, Granularity granularity) {
    this(model, view, granularity, Ties::new, List.of());
  }

  /** An analysis that ties by other means, such as with a rule that forgets something. */
  Analysis(
      Model model,
      Model view,
      Granularity granularity,
      Function<Shapes, Ties> tying,
      List<Seam> seams) {
    this(model, view, granularity, tying, seams, Set.of());
  }

  private Analysis(
      Model model,
      Model view,
      Granularity granularity,
      Function<Shapes, Ties> tying,
      List<Seam> seams,
      Set<Axis> loose) {
    this.seams = seams;
    this.granularity = granularity;
    this.tying = tying;
    this.loose = loose;
    this.balances = new Balances(view.graph(), loose);
    this.model = model;
    this.view = view;
    this.shapes = Shapes.infer(view);
    this.ties = tying.apply(shapes);
    this.choices = new Choices(ties);
    this.rules = new TieRules(granularity);
    this.parameters = Parameters.of(model.graph());
  }

  Coupling coupling() {
    return finer(analysed());
  }

  private Coupling analysed() {
    Graph graph = view.graph();
    addValues(graph);
    fixEnds(graph);
    fixForeign(graph);
    Map<String, Shuffle> shuffles = Shuffles.of(graph, shapes, model.graph());
    Map<String, Seam> cuts = new HashMap<>();
    seams.forEach(seam -> cuts.put(seam.output(), seam));
    for (Node node : graph.nodes()) {
      String output = node.output(0).orElse("");
      Shuffle shuffle = shuffles.get(output);
      if (cuts.containsKey(output)) {
        tie(node, cuts.get(output));
      } else if (shuffle == null) {
        tie(node);
      } else if (shuffle.output().equals(output)) {
        tie(shuffle);
      }
    }
    var roles = new Roles(graph, ties, shapes);
    var classes = new Classes(ties, parameters, roles, seams);
    choices.decide(classes::liveness);
    List<Balance> balanced = ties.balances();
    if (!balanced.isEmpty()) {
      Bundles.tie(ties, balanced, classes.signatures());
    }
    List<Shuffle> order = shuffles.values().stream().distinct().toList();
    return new Grouping(model, view, ties, parameters, roles, refused, seams, balanced)
        .coupling(order);
  }

  /** Where slots of a grouped convolution are tied with each other, any may go instead. */
  private Coupling finer(Coupling slots) {
    Set<Axis> coarse = balances.coarse(ties);
    if (coarse.equals(loose)) {
      return slots;
    }
    var next = new Analysis(model, view, granularity, tying, seams, coarse);
    Coupling balanced = next.analysed();
    boolean finer =
        balanced.channels() > slots.channels() && balanced.prunableShare() >= slots.prunableShare();
    return finer ? next.finer(balanced) : slots;
  }

  /** All but the channels. */
  private void tie(Node node, Seam seam) {
    for (int axis = 0; axis < shapes.rank(seam.input()); axis++) {
      if (axis != seam.axis()) {
        ties.same(seam.output(), axis, seam.input(), axis, node);
      }
    }
    ties.fixAll(node.inputs().get(1), node.label(), "where channels are taken from");
  }

  private void tie(Shuffle shuffle) {
    for (int axis = 0; axis < shapes.rank(shuffle.input()); axis++) {
      if (axis == shuffle.axis()) {
        ties.map(shuffle.output(), axis, shuffle.input(), axis, index -> shuffle.sources()[index]);
      } else {
        ties.same(shuffle.output(), axis, shuffle.input(), axis, shuffle.nodes().getLast());
      }
    }
  }

  private void addValues(Graph graph) {
    graph.initializers().keySet().forEach(ties::add);
    graph.inputs().forEach(input -> ties.add(input.name()));
    graph.nodes().forEach(node -> node.outputs().forEach(ties::add));
  }

  private void fixEnds(Graph graph) {
    for (ValueInfo input : graph.inputs()) {
      ties.fixAll(input.name(), "", "an input of the model");
    }
    for (ValueInfo output : graph.outputs()) {
      ties.fixAll(output.name(), "", "an output of the model");
    }
  }

  /** What can't be cut in the model: constants that only the view has, nodes that no rule knows. */
  private void fixForeign(Graph graph) {
    graph
        .initializers()
        .forEach(
            (name, tensor) -> {
              if (!ownShape(name).equals(Optional.of(tensor.shape()))) {
                ties.fixAll(name, "", "only the canonical view has it in this form");
              }
            });
    for (Node node : model.graph().nodes()) {
      if (!Rewritable.knows(node)) {
        var touched = new HashSet<String>(node.inputs());
        touched.addAll(node.outputs());
        touched.forEach(
            value -> ties.fixAll(value, node.label(), name(node) + " can't be given other sizes"));
      }
    }
  }

  private Optional<Shape> ownShape(String initializer) {
    Graph own = model.graph();
    return Optional.ofNullable(own.initializers().get(initializer))
        .map(Tensor::shape)
        .or(
            () ->
                Optional.ofNullable(own.sparseInitializers().get(initializer))
                    .map(SparseTensor::shape));
  }

  private void tie(Node node) {
    var call = new TieCall(node, view.graph(), shapes, ties, choices, balances);
    Optional<TieRule> rule = rules.of(node);
    if (!node.subgraphs().isEmpty()) {
      Set<String> captured = new HashSet<>(Graph.uses(node));
      captured.forEach(value -> ties.fixAll(value, node.label(), "a subgraph reads it"));
      refuse(call, "control flow");
    } else if (rule.isEmpty()) {
      refuse(call, "no rule for operator " + name(node));
    } else {
      try {
        rule.get().tie(call);
        call.finish();
      } catch (Refusal refusal) {
        refuse(call, refusal.getMessage());
      } catch (InvalidInputException invalid) {
        refuse(call, invalid.getMessage());
      }
    }
  }

  private static String name(Node node) {
    return node.isStandard() ? node.op() : node.domain() + ":" + node.op();
  }

  private void refuse(TieCall call, String reason) {
    call.freeze(reason);
    Node node = call.node();
    String value = node.output(0).or(() -> node.input(0)).orElse("");
    refused.add(new Frozen(new Axis(value, 0), node.label(), reason));
  }
}
