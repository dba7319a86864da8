package org.espalier.prune.structured;

import java.util.HashMap;
import java.util.Map;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.prune.coupling.Coupling;
import org.espalier.prune.coupling.Member;
import org.espalier.prune.evidence.Evidence;

/**
 * A network under the knife: its channels, its weights, and what was observed of it.
 *
 * @param weights the initializers, by name
 * @param kinds what each of them does
 * @param evidence what was observed of it on data
 * @param seed for saliencies that draw
 */
public record Subject(
    Coupling coupling,
    Map<String, Tensor> weights,
    Map<String, WeightKind> kinds,
    Evidence evidence,
    long seed) {

  /**
   * A network.
   *
   * @param evidence of {@code coupling.model()}
   */
  public static Subject of(Coupling coupling, Evidence evidence, long seed) {
    Model model = coupling.model();
    return new Subject(
        coupling, weights(model.graph()), WeightKind.of(model.graph()), evidence, seed);
  }

  private static Map<String, Tensor> weights(Graph graph) {
    var weights = new HashMap<>(graph.initializers());
    graph.sparseInitializers().forEach((name, sparse) -> weights.put(name, sparse.toDense()));
    return weights;
  }

  /** The weight that a group's channels run along. */
  public Tensor weight(Member member) {
    String name = member.weight().value();
    Tensor weight = weights.get(name);
    if (weight == null) {
      throw new InvalidInputException("no initializer '" + name + "' for a group's channels");
    }
    return weight;
  }

  public WeightKind kind(Member member) {
    return kinds.getOrDefault(member.weight().value(), WeightKind.BIAS);
  }
}
