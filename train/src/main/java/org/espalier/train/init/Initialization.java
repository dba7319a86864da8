package org.espalier.train.init;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import org.espalier.graph.Constants;
import org.espalier.graph.Graph;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.Init;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.train.Redrawn;
import org.espalier.train.init.Activations.Before;

/**
 * A network drawn anew, every layer at the scale that its activation wants.
 *
 * <p>What scales a layer is the activation in front of it, whose numbers it sums. The first layer
 * has none and is drawn like the ones behind it; one behind a normalisation or another layer is
 * drawn as behind the identity, and one behind anything else, such as a softmax, after He, which
 * its row says. Everything that is no layer is as {@link Redrawn} has it.
 *
 * @param layers what each layer was drawn with, in graph order
 */
public record Initialization(Model model, List<Row> layers) {
  /**
   * How a layer was drawn.
   *
   * @param layer the name of its weight
   * @param behind what its inputs come from: operators, or "input"
   * @param weights the standard deviation of its weights times the root of the fan-in
   * @param biases the standard deviation of its biases; zero where it has none
   * @param note what is to be said of it; may be empty
   */
  public record Row(String layer, String behind, double weights, double biases, String note) {
    Row withoutBiases() {
      return new Row(layer, behind, weights, 0, note);
    }
  }

  private static final double HE = Math.sqrt(2);

  /** Where two activations are taken for one that give the same. */
  private static final double[] PROBES =
      DoubleStream.iterate(-8, x -> x <= 8, x -> x + 0.37).toArray();

  public Initialization {
    layers = List.copyOf(layers);
  }

  /**
   * A network at the edge of chaos.
   *
   * @param biases the standard deviation of biases; where it is left open, the smallest in tenths
   *     that the activation has an edge with
   */
  public static Initialization atEdgeOfChaos(Model model, OptionalDouble biases, long seed) {
    return drawn(model, new Edges(biases).rows(model), seed);
  }

  /** A network whose layers all have these standard deviations, the weights' over the fan-in. */
  public static Initialization of(Model model, double weights, double biases, long seed) {
    var activations = new Activations(model);
    List<Row> rows =
        Layers.of(model).layers().stream()
            .map(
                layer ->
                    new Row(
                        layer.weight(), behind(before(activations, layer)), weights, biases, ""))
            .toList();
    return drawn(model, rows, seed);
  }

  private static Before before(Activations activations, Layer layer) {
    return activations.before(layer.node().outputs().getFirst());
  }

  private static String behind(Before before) {
    return switch (before) {
      case Before.Activation(String name, Pointwise _) -> name;
      case Before.Linear(String name) -> name;
      case Before.Other(String name) -> name;
      case Before.Input() -> "input";
    };
  }

  private static final class Edges {
    private final OptionalDouble biases;
    private final Map<List<Double>, Optional<EdgeOfChaos>> known = new HashMap<>();

    Edges(OptionalDouble biases) {
      this.biases = biases;
    }

    List<Row> rows(Model model) {
      var activations = new Activations(model);
      List<Layer> layers = Layers.of(model).layers();
      List<Before> before =
          layers.stream().map(layer -> Initialization.before(activations, layer)).toList();
      var rows = new ArrayList<Row>();
      for (int k = 0; k < layers.size(); k++) {
        Optional<Before> next =
            before.subList(k, before.size()).stream()
                .filter(one -> !(one instanceof Before.Input))
                .findFirst();
        rows.add(row(layers.get(k).weight(), before.get(k), next));
      }
      return rows;
    }

    private Row row(String layer, Before before, Optional<Before> next) {
      String behind = behind(before);
      return switch (before) {
        case Before.Activation(String _, Pointwise function) -> at(layer, behind, function);
        case Before.Input() ->
            next.isPresent()
                    && next.get() instanceof Before.Activation(String _, Pointwise function)
                ? at(layer, behind, function)
                : new Row(layer, behind, 1, 0, "");
        case Before.Linear(String _) -> new Row(layer, behind, 1, 0, "");
        case Before.Other(String _) ->
            new Row(layer, behind, HE, 0, "no activation found: drawn after He");
      };
    }

    private Row at(String layer, String behind, Pointwise function) {
      List<Double> key = DoubleStream.of(function.apply(PROBES)).boxed().toList();
      Optional<EdgeOfChaos> asked = known.computeIfAbsent(key, _ -> edge(function));
      if (asked.isPresent()) {
        EdgeOfChaos edge = asked.get();
        return new Row(layer, behind, edge.weights(), edge.biases(), "");
      }
      String with = biases.isPresent() ? " with such biases" : "";
      return new Row(layer, behind, HE, 0, "has no edge of chaos" + with + ": drawn after He");
    }

    private Optional<EdgeOfChaos> edge(UnaryOperator<double[]> function) {
      return biases.isPresent()
          ? EdgeOfChaos.of(function, biases.getAsDouble())
          : EdgeOfChaos.of(function);
    }
  }

  private static Initialization drawn(Model model, List<Row> rows, long seed) {
    Model fresh = Redrawn.of(model, seed);
    Graph graph = fresh.graph();
    Map<String, Tensor> constants = Constants.of(graph);
    var drawn = new LinkedHashMap<String, Tensor>();
    List<Layer> layers = Layers.of(fresh).layers();
    var done = new ArrayList<Row>();
    for (int k = 0; k < rows.size(); k++) {
      Row row = rows.get(k);
      drawn.put(row.layer(), times(constants.get(row.layer()), row.weights() / HE));
      Optional<String> bias = bias(graph, layers.get(k), constants);
      bias.ifPresent(
          name -> drawn.put(name, normal(constants.get(name), row.biases(), seed, name)));
      done.add(bias.isPresent() ? row : row.withoutBiases());
    }
    return new Initialization(fresh.withGraph(Constants.replace(graph, drawn)), done);
  }

  private static Tensor normal(Tensor like, double deviation, long seed, String name) {
    Tensor drawn = Init.normal(1).sample(seed, name, 1, 1, like.dims());
    Tensor scaled = Tensor.allocate(like.type(), like.dims());
    for (long k = 0; k < scaled.size() && deviation > 0; k++) {
      scaled.setReal(k, deviation * drawn.realAt(k));
    }
    return scaled;
  }

  private static Tensor times(Tensor tensor, double factor) {
    Tensor scaled = tensor.copy();
    for (long k = 0; k < scaled.size(); k++) {
      scaled.setReal(k, factor * scaled.realAt(k));
    }
    return scaled;
  }

  /** The constant that is added to what a layer sums, one number for each output. */
  private static Optional<String> bias(Graph graph, Layer layer, Map<String, Tensor> constants) {
    Map<String, Node> producers = graph.producers();
    Node node = layer.node();
    List<String> added = node.inputs().stream().skip(2).toList();
    if (node.is("MatMul")) {
      added =
          graph.consumers().getOrDefault(node.outputs().getFirst(), List.of()).stream()
              .filter(reader -> reader.is("Add"))
              .flatMap(reader -> reader.inputs().stream())
              .toList();
    }
    return added.stream()
        .map(name -> Redrawn.source(name, producers))
        .filter(name -> constants.containsKey(name) && isVector(constants.get(name)))
        .findFirst();
  }

  private static boolean isVector(Tensor tensor) {
    return tensor.rank() > 0 && tensor.size() == tensor.dim(-1);
  }
}
