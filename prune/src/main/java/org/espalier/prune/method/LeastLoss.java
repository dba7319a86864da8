package org.espalier.prune.method;

import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;

/**
 * The best of some answers by what the network loses with them on the examples, where the quadratic
 * form that answers come from no longer tells them apart: it holds near the weights as they were.
 */
final class LeastLoss {
  private static final double STRIDE = 1.4;
  private static final int STRIDES = 4;

  private final Task task;
  private final LargestWeights largest;
  private double least = Double.POSITIVE_INFINITY;
  private Map<String, Solution> best = Map.of();

  LeastLoss(Task task, LargestWeights largest) {
    this.task = task;
    this.largest = largest;
  }

  /**
   * Looks at a support's weights, then at longer changes from those that it keeps as they were, for
   * as long as the loss falls: damping makes them too short.
   */
  void consider(Tensor start, Support support) {
    double before = Double.POSITIVE_INFINITY;
    double length = 1;
    for (int stride = 0; stride < STRIDES; stride++, length *= STRIDE) {
      try (var _ = new PointerScope()) {
        Tensor from = start.mul(support.kept());
        Tensor change = support.weights().sub(from).mul(new Scalar(length));
        Map<String, Solution> next = largest.solutions(from.add(change), support.kept());
        double loss = MeanLoss.of(task, Solution.replaced(task.model(), next), next.keySet());
        if (best.isEmpty() || loss < least) {
          least = loss;
          best = next;
        }
        if (!(loss < before)) {
          return;
        }
        before = loss;
      }
    }
  }

  /** What becomes of each layer. */
  Map<String, Solution> best() {
    return best;
  }
}
