package org.espalier.prune;

import java.util.LinkedHashMap;
import java.util.Map;
import org.espalier.prune.evidence.Evidence;

/**
 * A method that says how much each weight matters. Which weights then go is decided by pattern and
 * allocation; what the kept ones become, by {@link #update}.
 */
public interface ScoringMethod extends WeightMethod {
  /** How much each weight matters to this method. */
  Saliency saliency();

  /** What a layer becomes under a mask: the kept weights as they are, unless overridden. */
  default Solution update(Layer layer, Mask mask, Evidence evidence) {
    return Solution.masked(layer, mask);
  }

  @Override
  default Map<String, Solution> prune(Task task) {
    Saliency saliency = saliency(); // one for all layers: it may keep what it observed of all
    // Scores of one layer at a time, where nobody compares layers: all together fill the heap.
    boolean apart = !task.allocation().ranks() && task.pattern() instanceof Pattern.Unstructured;
    if (apart || (inSequence() && task.allocation() != Allocation.GLOBAL)) {
      return task.layerByLayer(
          saliency,
          inSequence(),
          (layer, goal, evidence) -> {
            Scores scores = saliency.score(layer, evidence, goal.seed());
            return update(layer, goal.select(layer, scores), evidence);
          });
    }
    Masks masks = task.select(task.scores(saliency));
    var solutions = new LinkedHashMap<String, Solution>();
    for (Layer layer : task.layers()) {
      Mask mask = masks.byWeight().get(layer.weight());
      solutions.put(layer.weight(), update(layer, mask, task.evidence()));
    }
    return solutions;
  }
}
