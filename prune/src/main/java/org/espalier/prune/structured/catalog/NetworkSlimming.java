package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Criterion;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Lifted;
import org.espalier.prune.structured.Normalization;
import org.espalier.prune.structured.Part;
import org.espalier.prune.structured.Reduction;
import org.espalier.prune.structured.Scope;

/**
 * Channels go by the magnitude of the scale that a normalisation gives them (Liu et al., 2017).
 * Scales along the same channels are summed; a group without any keeps its channels.
 */
public final class NetworkSlimming implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "network-slimming",
            "Learning Efficient Convolutional Networks through Network Slimming",
            "Removes the channels with the smallest batch-normalisation scales, in one ranking over"
                + " all groups: strong where the network was trained with an L1 penalty on the"
                + " scales.")
        .paper("Liu et al.", 2017, "arXiv:1708.06519")
        .patterns("structured")
        .needs("weights");
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Criterion.absolute(), Part.SCALES, Reduction.SUM, Normalization.NONE);
  }

  @Override
  public Scope scope() {
    return new Scope.Global();
  }
}
