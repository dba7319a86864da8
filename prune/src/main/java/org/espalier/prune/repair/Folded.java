package org.espalier.prune.repair;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;

/**
 * A network's weights as they would be with batch normalisation folded into the layers before it,
 * while the nodes stay. A folded normalisation's bias is then the layer's; its scale and statistics
 * are part of the layer's weight.
 */
final class Folded {
  /** A factor below this share of the largest can't be divided by. */
  private static final double FAINT = 1e-4;

  /**
   * A normalisation right behind a layer.
   *
   * @param bias of the layer; null where it has none
   * @param output the axis of the layer's weight that its outputs are along
   */
  private record Pair(Node norm, String weight, String bias, int output) {
    String scale() {
      return norm.inputs().get(1);
    }

    String shift() {
      return norm.inputs().get(2);
    }

    String mean() {
      return norm.inputs().get(3);
    }

    /** What each channel is multiplied with. */
    double[] factors(Map<String, Tensor> weights) {
      Tensor variance = weights.get(norm.inputs().get(4));
      double[] factors = new double[(int) variance.size()];
      for (int k = 0; k < factors.length; k++) {
        double deviation = Math.sqrt(variance.realAt(k) + norm.real("epsilon", 1e-5f));
        factors[k] = weights.get(scale()).realAt(k) / deviation;
      }
      return factors;
    }

    /** The bias that the layer has once the normalisation is folded into it. */
    Slab foldedShift(Map<String, Tensor> weights) {
      double[] factors = factors(weights);
      Slab shift = Slab.of(weights.get(shift()));
      for (int k = 0; k < factors.length; k++) {
        shift.values()[k] += factors[k] * offset(weights, k);
      }
      return shift;
    }

    /** What a channel that reads nothing is before it's scaled. */
    double offset(Map<String, Tensor> weights, int channel) {
      double mean = weights.get(mean()).realAt(channel);
      return (bias == null ? 0 : weights.get(bias).realAt(channel)) - mean;
    }
  }

  private final List<Pair> pairs;
  private final Map<String, Slab> weights = new HashMap<>();

  private Folded(List<Pair> pairs) {
    this.pairs = pairs;
  }

  static Folded of(Graph graph) {
    Map<String, Tensor> initializers = graph.initializers();
    var folded = new Folded(pairs(graph));
    initializers.forEach(
        (name, tensor) -> {
          if (tensor.type().isFloat()) {
            folded.weights.put(name, Slab.of(tensor));
          }
        });
    for (Pair pair : folded.pairs) {
      folded.weights.get(pair.weight()).scale(pair.output(), pair.factors(initializers));
      folded.weights.put(pair.shift(), pair.foldedShift(initializers));
      folded.weights.remove(pair.scale());
      folded.weights.remove(pair.mean());
      folded.weights.remove(pair.norm().inputs().get(4));
      folded.weights.remove(pair.bias());
    }
    return folded;
  }

  /** The weights that say what the network computes; what was folded into others is missing. */
  Map<String, Slab> weights() {
    return weights;
  }

  /**
   * Weights for a network that has its normalisations, such that it computes what {@code changed}
   * says.
   *
   * @param graph the network, with as many channels as {@code changed}
   * @param changed folded weights by name
   */
  Map<String, Tensor> unfolded(Graph graph, Map<String, Slab> changed) {
    var all = new HashMap<>(changed);
    var result = new HashMap<String, Tensor>();
    for (Pair pair : pairs) {
      Slab weight = all.remove(pair.weight());
      if (weight == null) {
        continue;
      }
      Map<String, Tensor> now = new HashMap<>(graph.initializers());
      double[] factors = pair.factors(now);
      Slab shift = all.remove(pair.shift());
      if (shift == null) {
        shift = pair.foldedShift(now);
      }
      Tensor scale = now.get(pair.scale()).copy();
      strengthen(scale, factors);
      now.put(pair.scale(), scale);
      factors = pair.factors(now);
      double[] inverse = new double[factors.length];
      for (int k = 0; k < factors.length; k++) {
        inverse[k] = 1 / factors[k];
        shift.values()[k] -= factors[k] * pair.offset(now, k);
      }
      weight.scale(pair.output(), inverse);
      result.put(pair.scale(), scale);
      result.put(pair.weight(), weight.tensor(now.get(pair.weight()).type()));
      result.put(pair.shift(), shift.tensor(now.get(pair.shift()).type()));
    }
    all.forEach(
        (name, slab) ->
            result.put(name, slab.tensor(graph.initializer(name).orElseThrow().type())));
    return result;
  }

  /** Scales too faint to divide by grow. */
  private static void strengthen(Tensor scale, double[] factors) {
    double largest = 0;
    for (double factor : factors) {
      largest = Math.max(largest, Math.abs(factor));
    }
    double least = largest == 0 ? 1 : FAINT * largest;
    for (int k = 0; k < factors.length; k++) {
      if (Math.abs(factors[k]) < least) {
        scale.setReal(k, factors[k] == 0 ? least : scale.realAt(k) * least / Math.abs(factors[k]));
      }
    }
  }

  private static List<Pair> pairs(Graph graph) {
    Map<String, List<Node>> consumers = graph.consumers();
    Map<String, Node> producers = graph.producers();
    Set<String> outputs = graph.outputs().stream().map(ValueInfo::name).collect(Collectors.toSet());
    var pairs = new ArrayList<Pair>();
    for (Node norm : graph.nodes()) {
      Node layer = producers.get(norm.input(0).orElse(""));
      if (!norm.is("BatchNormalization") || norm.outputs().size() != 1 || layer == null) {
        continue;
      }
      String between = layer.outputs().getFirst();
      var constants = new HashSet<String>(norm.inputs().subList(1, 5));
      layer.inputs().stream().skip(1).forEach(constants::add);
      boolean own =
          !outputs.contains(between)
              && consumers.get(between).size() == 1
              && constants.stream()
                  .allMatch(name -> graph.isInitializer(name) && consumers.get(name).size() == 1);
      if (own && constants.stream().noneMatch(graph.sparseInitializers()::containsKey)) {
        outputAxis(layer)
            .ifPresent(
                axis ->
                    pairs.add(
                        new Pair(norm, layer.inputs().get(1), layer.input(2).orElse(null), axis)));
      }
    }
    return pairs;
  }

  private static Optional<Integer> outputAxis(Node layer) {
    return switch (layer.op()) {
      case "Conv" -> Optional.of(0);
      case "ConvTranspose" -> layer.integer("group", 1) == 1 ? Optional.of(1) : Optional.empty();
      case "Gemm" ->
          layer.real("alpha", 1) == 1 && layer.real("beta", 1) == 1
              ? Optional.of(layer.integer("transB", 0) == 0 ? 1 : 0)
              : Optional.empty();
      default -> Optional.empty();
    };
  }
}
