package org.espalier.prune.method;

import java.util.Set;
import org.espalier.graph.Tensor;
import org.espalier.prune.About;
import org.espalier.prune.Layer;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.evidence.Need;

/**
 * How much the loss grows when one weight is set to zero, to second order and with a diagonal
 * Hessian (LeCun et al., 1990). The diagonal is the empirical Fisher matrix's: the mean of each
 * sample's squared gradient.
 */
public final class BrainDamage implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "obd",
            "Optimal Brain Damage",
            "Removes the weights whose removal raises the loss least, as told by a diagonal second"
                + " derivative; better than magnitude where layers differ much in scale, and"
                + " cheap.")
        .paper("LeCun et al.", 1990, "NIPS 2")
        .patterns("unstructured", "N:M", "block")
        .needs("fisher diagonal");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.FISHER_DIAGONAL);
  }

  @Override
  public Saliency saliency() {
    return (layer, evidence, seed) -> scores(layer, evidence.fisherDiagonal(layer.weight()));
  }

  /** Half of each weight's square times the curvature in its direction, if that's positive. */
  static Scores scores(Layer layer, Tensor curvature) {
    return Scores.of(
        layer, curvature, (weight, second) -> Math.max(0, second) * weight * weight / 2);
  }
}
