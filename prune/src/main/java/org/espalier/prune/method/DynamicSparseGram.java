package org.espalier.prune.method;

import java.util.Set;
import org.espalier.prune.About;
import org.espalier.prune.Goal;
import org.espalier.prune.Layer;
import org.espalier.prune.Solution;
import org.espalier.prune.SolvingMethod;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;

/**
 * {@link DynamicSparse} that asks for the squared error alone: means, which are part of it, may end
 * anywhere. It goes on where rows' means are right already, and lowers the error farther.
 */
public final class DynamicSparseGram implements SolvingMethod {
  private final DynamicSparse swaps = new DynamicSparse(false);

  @Override
  public About about() {
    return About.of(
            "dsnot-gram",
            "Dynamic sparse no training, by the squared error",
            "Like dsnot, but swaps for as long as the squared error of a row's output falls,"
                + " wherever its mean goes; for language models, where kept weights must stay as"
                + " they are.")
        .paper("after Zhang et al.", 2024, "arXiv:2310.08915")
        .patterns("unstructured", "N:M")
        .needs("inputs", "gram");
  }

  @Override
  public Set<Need> needs() {
    return swaps.needs();
  }

  @Override
  public boolean inSequence() {
    return swaps.inSequence();
  }

  @Override
  public Solution solve(Layer layer, Goal goal, Evidence evidence) {
    return swaps.solve(layer, goal, evidence);
  }
}
