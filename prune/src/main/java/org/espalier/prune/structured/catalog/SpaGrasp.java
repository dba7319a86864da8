package org.espalier.prune.structured.catalog;

import java.util.List;
import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.evidence.Need;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Derivatives;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Lifted;
import org.espalier.prune.structured.Normalization;
import org.espalier.prune.structured.Part;
import org.espalier.prune.structured.Reduction;
import org.espalier.prune.structured.Scope;

/** GraSP's gradient flow lifted to channels (Wang et al., 2024). */
public final class SpaGrasp implements ChannelMethod {
  @Override
  public About about() {
    return new About(
        "spa-grasp",
        "Structurally Prune Anything, by GraSP",
        "Keeps the channels that the norm of the gradient rests on, summed over all "
            + "coupled weights and ranked within each group: for pruning before training.",
        "Wang et al.",
        2024,
        "arXiv:2403.18955",
        "post-training",
        List.of("structured"),
        List.of(About.LABELS));
  }

  @Override
  public GroupSaliency saliency() {
    return new Lifted(
        Derivatives.gradientFlow(), Part.WEIGHTS, Reduction.SUM, Normalization.STANDARD);
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.GRADIENTS, Need.HESSIAN_VECTOR);
  }

  @Override
  public Scope scope() {
    return new Scope.Global();
  }
}
