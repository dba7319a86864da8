package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ActivationStatistic;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Scope;

/** Channels with small activations go (Zhao et al., 2022), all by one threshold. */
public final class AdaptiveActivation implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "adaptive-activation",
            "Adaptive Activation-based Structured Pruning",
            "Removes the channels with the smallest mean squared activation, by one "
                + "threshold for all layers: the scoring of a method that also rewinds and "
                + "retrains.")
        .paper("Zhao et al.", 2022, "arXiv:2201.10520")
        .patterns("structured")
        .needs(About.INPUTS);
  }

  @Override
  public GroupSaliency saliency() {
    return ActivationStatistic.MEAN_SQUARE;
  }

  @Override
  public Scope scope() {
    return new Scope.Global();
  }
}
