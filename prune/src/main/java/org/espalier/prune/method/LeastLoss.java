package org.espalier.prune.method;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.Model;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;

/**
 * The best of some answers by what the network loses with them on the examples, where the quadratic
 * form that answers come from no longer tells them apart: it holds near the weights as they were.
 *
 * <p>Damping makes changes too short where examples are many. Where they are few, longer ones learn
 * them by heart, which the loss on the same examples would praise. So how long changes may be is
 * asked of answers that know a part of the examples, on the others.
 */
final class LeastLoss {
  private static final double[] LENGTHS = {1, 1.4, 2};

  private final Task task;
  private final LargestWeights largest;
  private final double[] unseen = new double[LENGTHS.length];
  private final double[] least = new double[LENGTHS.length];
  private final List<Map<String, Solution>> best;

  LeastLoss(Task task, LargestWeights largest) {
    this.task = task;
    this.largest = largest;
    Arrays.fill(least, Double.POSITIVE_INFINITY);
    best = new ArrayList<>(Collections.nCopies(LENGTHS.length, Map.of()));
  }

  /**
   * Looks at a support's weights, then at longer changes from those that it keeps as they were, for
   * as long as the loss falls.
   */
  void consider(Tensor start, Support support) {
    double before = Double.POSITIVE_INFINITY;
    for (int k = 0; k < LENGTHS.length; k++) {
      Map<String, Solution> next = solutions(start, support, LENGTHS[k]);
      double loss = MeanLoss.of(task, Solution.replaced(task.model(), next), next.keySet());
      if (best.get(k).isEmpty() || loss < least[k]) {
        least[k] = loss;
        best.set(k, next);
      }
      if (!(loss < before)) {
        return;
      }
      before = loss;
    }
  }

  /**
   * Asks how long changes may be: a support's weights are tried on examples that it doesn't know.
   */
  void ask(Tensor start, Support support, BitSet others) {
    for (int k = 0; k < LENGTHS.length; k++) {
      Map<String, Solution> next = solutions(start, support, LENGTHS[k]);
      Model model = Solution.replaced(task.model(), next);
      unseen[k] += MeanLoss.of(task, model, next.keySet(), others);
    }
  }

  private Map<String, Solution> solutions(Tensor start, Support support, double length) {
    try (var _ = new PointerScope()) {
      Tensor from = start.mul(support.kept());
      Tensor change = support.weights().sub(from).mul(new Scalar(length));
      return largest.solutions(from.add(change), support.kept());
    }
  }

  /** What becomes of each layer. */
  Map<String, Solution> best() {
    int longest = 0;
    for (int k = 1; k < LENGTHS.length; k++) {
      longest = unseen[k] < unseen[longest] ? k : longest;
    }
    int chosen = 0;
    for (int k = 1; k <= longest; k++) {
      chosen = least[k] < least[chosen] ? k : chosen;
    }
    return best.get(chosen);
  }
}
