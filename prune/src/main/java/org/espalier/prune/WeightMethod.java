package org.espalier.prune;

import java.util.Map;
import java.util.Set;
import org.espalier.prune.evidence.Need;

/**
 * A method that takes single weights, or patterns of them, out of a finished network: shapes stay.
 */
public interface WeightMethod extends Method {
  /** What is to be observed of the network beforehand, in one pass over the calibration data. */
  default Set<Need> needs() {
    return Set.of();
  }

  /**
   * Whether each layer is shown its inputs as the pruned layers before it make them. Then
   * allocations that rank weights of all layers see those of the network as it was.
   */
  default boolean inSequence() {
    return false;
  }

  /**
   * In how many stages the budget is reached, where the recipe doesn't say. Before each the
   * evidence is gathered again, on the network as the stage before left it; the share of weights
   * that is kept falls geometrically.
   */
  default int stages() {
    return 1;
  }

  /**
   * Prunes.
   *
   * @return what becomes of each layer of the task, by the name of its weight
   */
  Map<String, Solution> prune(Task task);
}
