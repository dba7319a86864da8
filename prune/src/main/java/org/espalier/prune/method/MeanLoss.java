package org.espalier.prune.method;

import java.util.Set;
import org.bytedeco.pytorch.AutoGradMode;
import org.espalier.graph.Model;
import org.espalier.prune.Task;
import org.espalier.prune.evidence.Evidence;

/** The mean loss of a model on the examples of a task. */
final class MeanLoss {
  private MeanLoss() {}

  /**
   * Runs the examples once.
   *
   * @param weights the names of those that differ from the task's model
   */
  static double of(Task task, Model model, Set<String> weights) {
    double[] sum = {0};
    try (Evidence evidence = task.evidence().on(model, weights)) {
      evidence.forEachBatch(
          (_, inputs, targets) -> {
            try (var _ = new AutoGradMode(false)) {
              double size = inputs.values().iterator().next().size(0);
              sum[0] += size * evidence.loss(inputs, targets).item().toDouble();
            }
          });
      return sum[0] / evidence.samples();
    }
  }
}
