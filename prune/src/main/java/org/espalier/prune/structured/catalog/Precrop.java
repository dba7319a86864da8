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
import org.espalier.prune.structured.WaterFilling;

/**
 * Widths from layer densities (Cai et al., 2022): densities by water-filling, which hold back the
 * largest layers most; each width shrinks by the geometric mean of what its layers ask for.
 */
public final class Precrop implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "precrop",
            "PreCrop: Structured Pruning is All You Need for Pruning CNNs at Initialization",
            "Chooses widths alone, by the size of the layers, and which channels stay by their"
                + " norm: for networks that are trained afterwards.")
        .paper("Cai et al.", 2022, "arXiv:2203.02549")
        .patterns("structured")
        .needs("weights");
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
    return WaterFilling.removals(choice);
  }
}
