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

/** Only groups of the same shapes are compared with each other (Fang et al., 2024). */
public final class Isomorphic implements ChannelMethod {
  @Override
  public About about() {
    return About.of(
            "isomorphic",
            "Isomorphic Pruning for Vision Models",
            "Ranks the coupled weights' norms only among groups of the same shapes, which all lose"
                + " the same share: for networks of unlike parts, such as attention beside"
                + " convolutions.")
        .paper("Fang et al.", 2024, "arXiv:2407.04616")
        .patterns("structured")
        .needs("weights");
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(Criterion.squared(), Part.WEIGHTS, Reduction.MEAN, Normalization.NONE);
  }

  @Override
  public Scope scope() {
    return new Scope.Isomorphic();
  }
}
