package org.espalier.prune.method;

import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.evidence.Need;

/**
 * How strongly the loss reacts to a connection, |w g| with the mean gradient g (Lee et al., 2019).
 */
public final class Snip implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "snip",
            "Single-shot network pruning",
            "Removes the connections that the loss reacts to least; for networks before training,"
                + " up to the sparsity where whole layers go.")
        .paper("Lee et al.", 2019, "arXiv:1810.02340")
        .patterns("unstructured", "N:M", "block")
        .needs("gradients");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.GRADIENTS);
  }

  @Override
  public Saliency saliency() {
    return (layer, evidence, seed) ->
        Scores.of(
            layer,
            evidence.gradient(layer.weight()),
            (weight, gradient) -> Math.abs(weight * gradient));
  }
}
