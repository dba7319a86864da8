package org.espalier.prune.method;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.Model;
import org.espalier.prune.Task;
import org.espalier.prune.evidence.Evidence;
import org.espalier.torch.Libtorch;

/** The mean loss of a model on the examples of a task. */
final class MeanLoss {
  private MeanLoss() {}

  /**
   * Runs the examples once.
   *
   * @param weights the names of those that differ from the task's model
   */
  static double of(Task task, Model model, Set<String> weights) {
    var all = new BitSet();
    all.set(0, Math.toIntExact(task.evidence().samples()));
    return of(task, model, weights, all);
  }

  /**
   * The same on some of the examples.
   *
   * @param which their numbers; without any, what comes back is no number
   */
  static double of(Task task, Model model, Set<String> weights, BitSet which) {
    double[] sum = {0};
    int[] first = {0};
    try (Evidence evidence = task.evidence().on(model, weights)) {
      evidence.forEachBatch(
          (_, inputs, targets) -> {
            int size = Math.toIntExact(inputs.values().iterator().next().size(0));
            BitSet chosen = which.get(first[0], first[0] + size);
            first[0] += size;
            if (chosen.isEmpty()) {
              return;
            }
            try (var _ = new AutoGradMode(false)) {
              Tensor loss =
                  chosen.cardinality() == size
                      ? evidence.loss(inputs, targets)
                      : lossOfSome(evidence, inputs, targets, size, chosen);
              sum[0] += chosen.cardinality() * loss.item().toDouble();
            }
          });
      return sum[0] / which.cardinality();
    }
  }

  /** Fills the batch with them, some twice: the model may not take another size. */
  private static Tensor lossOfSome(
      Evidence evidence, Map<String, Tensor> inputs, Tensor targets, int size, BitSet chosen) {
    long[] rows = new long[size];
    int row = -1;
    for (int k = 0; k < size; k++) {
      row = chosen.nextSetBit(row + 1);
      row = row < 0 ? chosen.nextSetBit(0) : row;
      rows[k] = row;
    }
    Tensor taken = Libtorch.view(org.espalier.graph.Tensor.of(rows, rows.length));
    var some = new LinkedHashMap<String, Tensor>();
    inputs.forEach((name, input) -> some.put(name, input.index_select(0, taken)));
    return evidence.loss(some, targets == null ? null : targets.index_select(0, taken));
  }
}
