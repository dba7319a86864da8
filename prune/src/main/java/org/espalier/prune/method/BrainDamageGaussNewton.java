package org.espalier.prune.method;

import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.evidence.Need;

/**
 * {@link BrainDamage} by the Gauss-Newton matrix, as it was published: the loss's curvature without
 * the outputs' own. LeCun et al. carry its diagonal back through the layers, and lose on the way
 * what units have in common; here it's estimated without that loss, of any graph.
 */
public final class BrainDamageGaussNewton implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "obd-gauss-newton",
            "Optimal Brain Damage, by Gauss-Newton",
            "Like obd, with the curvature that the outputs' own uncertainty gives in place of"
                + " gradients': for networks that fit their examples so well that gradients say"
                + " little.")
        .paper("LeCun et al.", 1990, "NIPS 2")
        .patterns("unstructured", "N:M", "block")
        .needs("gauss newton diagonal");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.GAUSS_NEWTON_DIAGONAL);
  }

  @Override
  public Saliency saliency() {
    return (layer, evidence, seed) ->
        BrainDamage.scores(layer, evidence.gaussNewtonDiagonal(layer.weight()));
  }
}
