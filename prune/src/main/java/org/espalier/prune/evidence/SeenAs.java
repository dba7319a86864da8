package org.espalier.prune.evidence;

import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;

/** Evidence on a network for a method that sees something else in place of its weights. */
public final class SeenAs extends Forwarding {
  private final Evidence network;
  private final UnaryOperator<Model> models;
  private final BiFunction<String, Tensor, Tensor> weights;

  /**
   * Evidence on {@code network}, which it closes.
   *
   * @param models the network that a model of the method's stands for
   * @param weights the weight that stands behind a name and a tensor of the method's
   */
  public SeenAs(
      Evidence network, UnaryOperator<Model> models, BiFunction<String, Tensor, Tensor> weights) {
    super(network);
    this.network = network;
    this.models = models;
    this.weights = weights;
  }

  @Override
  public Evidence on(Model other, Set<String> names) {
    return new SeenAs(network.on(models.apply(other), names), models, weights);
  }

  @Override
  public Evidence inSequence() {
    return new SeenAs(network.inSequence(), models, weights);
  }

  @Override
  public void replace(String weight, Tensor values) {
    network.replace(weight, weights.apply(weight, values));
  }
}
