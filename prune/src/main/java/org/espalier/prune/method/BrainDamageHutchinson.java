package org.espalier.prune.method;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.espalier.graph.Tensor;
import org.espalier.prune.About;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.evidence.Hutchinson;
import org.espalier.prune.evidence.Need;

/**
 * {@link BrainDamage} by {@link Hutchinson}'s estimate of the Hessian's diagonal. What is negative
 * counts as zero.
 */
public final class BrainDamageHutchinson implements ScoringMethod {
  /** How many random vectors each batch has. */
  private static final int VECTORS = 32;

  @Override
  public About about() {
    return About.of(
            "obd-hutchinson",
            "Optimal Brain Damage, by random vectors",
            "Like obd-exact, estimated from products of the Hessian with random vectors, for"
                + " networks of any size; noise unless there are nearly as many vectors as"
                + " weights.")
        .paper("LeCun et al.", 1990, "NIPS 2")
        .patterns("unstructured", "N:M", "block")
        .needs("hessian vector");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.HESSIAN_VECTOR);
  }

  @Override
  public Saliency saliency() {
    Map<String, Tensor> diagonals = new TreeMap<>();
    return (layer, evidence, seed) -> {
      if (diagonals.isEmpty()) {
        diagonals.putAll(Hutchinson.diagonal(evidence, VECTORS, seed));
      }
      return BrainDamage.scores(layer, diagonals.get(layer.weight()));
    };
  }
}
