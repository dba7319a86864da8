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

/** What single weights are worth, lifted to channels of any network (Wang et al., 2024). */
abstract class Anything implements ChannelMethod {
  /** What a weight is worth. */
  abstract Criterion criterion();

  /** How channels of different groups are compared. */
  Normalization normalization() {
    return Normalization.MEAN;
  }

  static About about(String name, String title, String idea, String needs) {
    return About.of(name, title, idea)
        .paper("Wang et al.", 2024, "arXiv:2403.18955")
        .patterns("structured")
        .needs(needs);
  }

  @Override
  public final GroupSaliency saliency() {
    return new Lifted(criterion(), Part.WEIGHTS, Reduction.SUM, normalization());
  }

  @Override
  public final Scope scope() {
    return new Scope.Global();
  }
}
