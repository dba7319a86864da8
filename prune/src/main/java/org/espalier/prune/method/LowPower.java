package org.espalier.prune.method;

import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.allocation.EqualSlope;
import org.espalier.prune.evidence.Need;

/**
 * LPViT (Xu et al., 2024): |w g| of the gradient of the squared outputs, averaged over blocks, with
 * amounts by {@link EqualSlope}.
 */
public final class LowPower implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "lpvit",
            "Low-power semi-structured pruning",
            "Removes blocks that the outputs react to least, and of each layer as many as its"
                + " distortion allows for the work saved; for transformers on hardware that skips"
                + " blocks, with some unlabelled examples.")
        .paper("Xu et al.", 2024, "arXiv:2407.02068")
        .patterns("unstructured", "block")
        .needs("output gradients", "inputs");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.OUTPUT_GRADIENTS);
  }

  @Override
  public Allocation allocation() {
    return new EqualSlope();
  }

  @Override
  public Saliency saliency() {
    return (layer, evidence, seed) ->
        Scores.of(
            layer,
            evidence.outputGradient(layer.weight()),
            (weight, gradient) -> Math.abs(weight * gradient));
  }
}
