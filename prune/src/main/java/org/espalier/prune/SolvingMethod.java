package org.espalier.prune;

import java.util.Map;
import org.espalier.prune.evidence.Evidence;

/**
 * A method that solves one layer after the other: which weights go and what the others become are
 * found together.
 */
public interface SolvingMethod extends WeightMethod {
  /** What a layer becomes; exactly {@code goal.prune()} of its weights are zero in it. */
  Solution solve(Layer layer, Goal goal, Evidence evidence);

  @Override
  default boolean inSequence() {
    return true;
  }

  /** The scores that an allocation sees where it ranks weights of all layers. */
  default Saliency ranking() {
    return Saliency.magnitude();
  }

  @Override
  default Allocation allocation() {
    return Allocation.UNIFORM;
  }

  @Override
  default Map<String, Solution> prune(Task task) {
    return task.layerByLayer(ranking(), inSequence(), this::solve);
  }
}
