package org.espalier.prune.method;

import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.evidence.InputStatistics;
import org.espalier.prune.evidence.Need;

/**
 * A weight's magnitude times its input's norm, compared within its row (Sun et al., 2023).
 *
 * <p>Inputs are the dense network's. The paper's are those that pruned blocks make, which for norms
 * made no difference that was worth a pass layer by layer.
 */
public final class Wanda implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "wanda",
            "Pruning by weights and activations",
            "Removes in each row the weights whose product with the norm of their input is"
                + " smallest; as fast as magnitude pruning, and far better where some inputs are"
                + " much larger than others, as in large language models.")
        .paper("Sun et al.", 2023, "arXiv:2306.11695")
        .patterns("unstructured", "N:M", "block")
        .needs("inputs");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.INPUTS);
  }

  @Override
  public Allocation allocation() {
    return Allocation.UNIFORM;
  }

  @Override
  public Saliency saliency() {
    return (layer, evidence, seed) -> {
      InputStatistics inputs = evidence.inputs(layer.weight());
      double[] norms = inputs.norms();
      int columns = layer.columns();
      Scores scores =
          Scores.of(
              layer,
              (row, column, weight) ->
                  Math.abs(weight) * norms[inputs.group(row, layer.rows()) * columns + column]);
      return scores.withinRows(layer);
    };
  }
}
