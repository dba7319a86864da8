package org.espalier.prune.method;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Tensor;
import org.espalier.prune.About;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;

/**
 * Gradient signal preservation (Wang et al., 2020): without a weight w the gradient's squared norm
 * changes by -2 w (H g), and those go first without which it grows most or shrinks least.
 *
 * <p>The paper divides logits by 200 first. Here that's the evidence's {@link
 * org.espalier.prune.evidence.Objective}, which is left as it is.
 */
public final class Grasp implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "grasp",
            "Gradient signal preservation",
            "Keeps the weights that the norm of the gradient rests on, so that what is left learns;"
                + " for networks before training, at high sparsity.")
        .paper("Wang et al.", 2020, "arXiv:2002.07376")
        .patterns("unstructured", "N:M", "block")
        .needs("gradients", "hessian vector");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.GRADIENTS, Need.HESSIAN_VECTOR);
  }

  @Override
  public Saliency saliency() {
    Map<String, Tensor> products = new LinkedHashMap<>();
    return (layer, evidence, seed) -> {
      if (products.isEmpty()) {
        products.putAll(Evidence.gradientFlow(evidence));
      }
      return Scores.of(layer, products.get(layer.weight()), (weight, product) -> weight * product);
    };
  }
}
