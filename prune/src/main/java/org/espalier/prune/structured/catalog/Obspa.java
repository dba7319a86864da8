package org.espalier.prune.structured.catalog;

import org.espalier.graph.Model;
import org.espalier.prune.About;
import org.espalier.prune.coupling.Removal;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.repair.LeastSquares;
import org.espalier.prune.rewrite.Rewriting;
import org.espalier.prune.structured.ChannelMethod;
import org.espalier.prune.structured.Choice;
import org.espalier.prune.structured.GroupSaliency;
import org.espalier.prune.structured.Scope;
import org.espalier.prune.structured.Surgeon;

/**
 * OBSPA of Structurally Prune Anything (Wang et al., 2024): channels go by what the layers that
 * read them lose at best, and these layers are then fitted again to what they gave before. The
 * paper updates weights by the same inverse that it scores with; fitting them layer by layer, on
 * inputs that the pruned layers make, does the same for a single layer and better for a whole
 * network.
 */
public final class Obspa implements ChannelMethod {
  private static final double DAMPING = 0.01;

  @Override
  public About about() {
    return About.of(
            "obspa",
            "OBSPA: Structurally Prune Anything",
            "Removes the channels that the next layers can best do without and fits these layers"
                + " again, with some unlabelled examples and no training: the best accuracy without"
                + " fine-tuning.")
        .paper("Wang et al.", 2024, "arXiv:2403.18955")
        .patterns("structured")
        .needs(About.INPUTS);
  }

  @Override
  public GroupSaliency saliency() {
    return new Surgeon(DAMPING);
  }

  @Override
  public Scope scope() {
    return new Scope.Global();
  }

  @Override
  public Model remove(Removal removal, Choice choice) {
    Calibration calibration = choice.subject().evidence().calibration();

    return new LeastSquares().repair(removal, Rewriting.of(removal).model(), calibration);
  }

  @Override
  public boolean repairs() {
    return true;
  }
}
