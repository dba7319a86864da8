package org.espalier.train.rule;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.espalier.graph.Graph;
import org.espalier.graph.Node;
import org.espalier.prune.Layer;
import org.espalier.train.Step;

/** The weights beside its matrix that a layer's neurons have, one for each row. */
final class Neurons {
  private final Map<String, Node> producers;
  private final Map<String, List<Node>> consumers;

  Neurons(Graph graph) {
    producers = graph.producers();
    consumers = graph.consumers();
  }

  /** The bias of a layer's neurons, where it has one that trains. */
  static Optional<String> bias(Step step, Layer layer) {
    boolean takesOne = layer.node().is("Conv") || layer.node().is("Gemm");
    return takesOne
        ? layer.node().input(2).filter(name -> isOnePerRow(step, layer, name))
        : Optional.empty();
  }

  private static boolean isOnePerRow(Step step, Layer layer, String name) {
    return step.parameters().containsKey(name)
        && step.parameters().get(name).numel() == layer.rows();
  }

  /**
   * The weights that a neuron's output is linear in, so that their products with their gradients
   * add up to the output's own: a batch normalisation's scale and shift where nothing else reads
   * the layer, otherwise the layer's matrix and bias.
   */
  List<String> linear(Step step, Layer layer) {
    List<Node> readers = consumers.getOrDefault(layer.node().outputs().getFirst(), List.of());
    if (readers.size() == 1 && readers.getFirst().is("BatchNormalization")) {
      List<String> affine =
          readers.getFirst().inputs().subList(1, 3).stream().map(this::initializer).toList();
      if (affine.stream().allMatch(name -> isOnePerRow(step, layer, name))) {
        return affine;
      }
    }
    return bias(step, layer)
        .map(bias -> List.of(layer.weight(), bias))
        .orElse(List.of(layer.weight()));
  }

  /** Exporters write one initializer for two equal ones, the second behind an Identity. */
  private String initializer(String name) {
    Node maker = producers.get(name);
    return maker != null && maker.is("Identity") ? maker.inputs().getFirst() : name;
  }
}
