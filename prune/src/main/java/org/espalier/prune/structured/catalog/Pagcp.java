package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Choice;
import org.espalier.prune.structured.Criterion;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Lifted;
import org.espalier.prune.structured.Normalization;
import org.espalier.prune.structured.Part;
import org.espalier.prune.structured.Reduction;
import org.espalier.prune.structured.Removals;
import org.espalier.prune.structured.Sensitivity;

/**
 * Group by group, the largest share goes that the measured loss allows (Ye et al., 2023); groups
 * that save most work come first and may lose most.
 */
public final class Pagcp implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "pagcp",
            "Performance-aware Approximation of Global Channel Pruning",
            "Finds a share for each group by measuring the loss while it is pruned, in the order of"
                + " the work that groups save: slow, and careful where layers differ.")
        .paper("Ye et al.", 2023, "arXiv:2303.11923")
        .patterns("structured")
        .needs(About.EVALUATION_DATA);
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Criterion.absolute(), Part.FILTERS, Reduction.SUM, Normalization.NONE);
  }

  @Override
  public boolean allocates() {
    return true;
  }

  @Override
  public Removals path(Choice choice) {
    return Sensitivity.removals(choice);
  }
}
