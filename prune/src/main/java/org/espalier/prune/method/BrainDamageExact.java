package org.espalier.prune.method;

import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.evidence.Need;

/**
 * {@link BrainDamage} by the diagonal of the loss's own Hessian. What is negative counts as zero.
 */
public final class BrainDamageExact implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "obd-exact",
            "Optimal Brain Damage, by the Hessian",
            "Like obd, with the Hessian's own diagonal, as the check on what others leave out of"
                + " it; for networks of a few thousand outputs in all layers together.")
        .paper("LeCun et al.", 1990, "NIPS 2")
        .patterns("unstructured", "N:M", "block")
        .needs("hessian diagonal");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.HESSIAN_DIAGONAL);
  }

  @Override
  public Saliency saliency() {
    return (layer, evidence, seed) ->
        BrainDamage.scores(layer, evidence.hessianDiagonal(layer.weight()));
  }
}
