package org.espalier.prune.method;

import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.Solution;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;

/**
 * {@link Snip}, after which each layer's weights are scaled until their squares sum to what they
 * did (Hayou et al., 2021). A network initialised at the edge of chaos, such as ReLU layers of
 * variance 2 / fan-in, is then there again, whatever its activation.
 */
public final class RobustInitialization implements ScoringMethod {
  private final Snip snip = new Snip();

  @Override
  public About about() {
    return About.of(
            "robust-pai",
            "Robust pruning at initialization",
            "SNIP, with what each layer keeps scaled up so that signals pass as strongly as before;"
                + " for deep networks before training.")
        .paper("Hayou et al.", 2021, "arXiv:2002.08797")
        .patterns("unstructured", "N:M", "block")
        .needs("gradients");
  }

  @Override
  public Set<Need> needs() {
    return snip.needs();
  }

  @Override
  public Saliency saliency() {
    return snip.saliency();
  }

  @Override
  public Solution update(Layer layer, Mask mask, Evidence evidence) {
    double before = 0;
    double after = 0;
    for (int k = 0; k < layer.size(); k++) {
      double square = Math.pow(layer.tensor().realAt(k), 2);
      before += square;
      after += mask.keeps(k) ? square : 0;
    }
    return Solution.scaled(layer, mask, after == 0 ? 1 : Math.sqrt(before / after));
  }
}
