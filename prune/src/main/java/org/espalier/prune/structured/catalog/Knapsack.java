package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Choice;
import org.espalier.prune.structured.Derivatives;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.KnapsackRemovals;
import org.espalier.prune.structured.Lifted;
import org.espalier.prune.structured.Normalization;
import org.espalier.prune.structured.Part;
import org.espalier.prune.structured.Reduction;
import org.espalier.prune.structured.Removals;

/**
 * Which channels to keep as a knapsack: their value is what the loss would change by without them,
 * their weight the multiply-accumulates that they cost (Aflalo et al., 2020).
 */
public final class Knapsack implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "knapsack",
            "Knapsack Pruning with Inner Distillation",
            "Keeps the channels of the largest total importance that fit into the work allowed,"
                + " solved as a knapsack over all groups: best with a budget in MACs.")
        .paper("Aflalo et al.", 2020, "arXiv:2002.08258")
        .patterns("structured")
        .needs(About.LABELS);
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Derivatives.sensitivity(), Part.FILTERS, Reduction.SUM, Normalization.NONE);
  }

  @Override
  public boolean allocates() {
    return true;
  }

  @Override
  public Removals path(Choice choice) {
    return new KnapsackRemovals(choice);
  }
}
