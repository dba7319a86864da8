package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Criterion;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Lifted;
import org.espalier.prune.structured.Normalization;
import org.espalier.prune.structured.Part;
import org.espalier.prune.structured.Reduction;

/**
 * What Soft Filter Pruning does after its last epoch (He et al., 2018): filters that are zero, or
 * have the smallest L2 norm, go with all that is coupled to them.
 */
public final class SoftFilterPruning implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "soft-filter-pruning",
            "Soft Filter Pruning for Accelerating Deep Convolutional Neural Networks",
            "Removes the filters of smallest L2 norm, biases and normalisation included: the last"
                + " step after a training that set weak filters to zero and let them grow again.")
        .paper("He et al.", 2018, "arXiv:1808.06866")
        .patterns("structured")
        .needs("weights");
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Criterion.euclidean(), Part.FILTERS, Reduction.MEAN, Normalization.NONE);
  }
}
