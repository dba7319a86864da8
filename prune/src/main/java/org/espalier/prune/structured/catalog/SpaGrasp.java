package org.espalier.prune.structured.catalog;

import org.espalier.prune.About;
import org.espalier.prune.structured.Criterion;
import org.espalier.prune.structured.Derivatives;
import org.espalier.prune.structured.Normalization;

/** GraSP's gradient flow lifted to channels (Wang et al., 2024). */
public final class SpaGrasp extends Anything {
  @Override
  public About about() {
    return about(
        "spa-grasp",
        "Structurally Prune Anything, by GraSP",
        "Keeps the channels that the norm of the gradient rests on, summed over all "
            + "coupled weights and ranked within each group: for pruning before training.",
        About.LABELS);
  }

  @Override
  Criterion criterion() {
    return Derivatives.gradientFlow();
  }

  @Override
  Normalization normalization() {
    return Normalization.STANDARD;
  }
}
