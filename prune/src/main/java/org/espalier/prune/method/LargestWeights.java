package org.espalier.prune.method;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.prune.Allocation;
import org.espalier.prune.Counts;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.Selection;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
import org.espalier.torch.Libtorch;

/**
 * The largest weights, as many as a task leaves: over all layers together, or in each layer as many
 * as the task's allocation gives it. Weights are one vector, layer after layer.
 */
final class LargestWeights {
  private final Task task;
  private final List<Mask> standing;
  private final long[] counts;

  LargestWeights(Task task) {
    this.task = task;
    standing = task.layers().stream().map(layer -> Mask.ofNonzeros(layer.tensor())).toList();
    boolean together = task.allocation() == Allocation.GLOBAL;
    counts = together ? null : task.counts(task.scores(Saliency.magnitude()));
  }

  /**
   * Which of these weights to keep: BOOL [p], in the pointer scope around.
   *
   * @param share how far on the way to the task's budget, where the share that is kept falls
   *     geometrically
   */
  Tensor of(Tensor weights, double share) {
    var scores = new ArrayList<Scores>();
    long first = 0;
    for (int k = 0; k < standing.size(); k++) {
      Layer layer = task.layers().get(k);
      Layer now = layer.with(tensor(layer, weights, first));
      scores.add(Saliency.magnitude().score(now, task.seed()).within(standing.get(k)));
      first += layer.size();
    }
    List<Mask> masks = masks(scores, share);
    Tensor kept = torch.zeros(new long[] {first}, new TensorOptions(ScalarType.Bool));
    first = 0;
    for (Mask mask : masks) {
      kept.narrow(0, first, mask.size()).copy_(Libtorch.view(mask.toTensor(mask.size())));
      first += mask.size();
    }
    return kept;
  }

  private List<Mask> masks(List<Scores> scores, double share) {
    if (counts == null) {
      long size = task.layers().stream().mapToLong(Layer::size).sum();
      long alive = standing.stream().mapToLong(Mask::kept).sum();
      return choose(task.layers(), scores, Counts.along(size, alive, task.prune(), share));
    }
    var masks = new ArrayList<Mask>();
    for (int k = 0; k < counts.length; k++) {
      Mask before = standing.get(k);
      long prune = Counts.along(before.size(), before.kept(), counts[k], share);
      masks.addAll(choose(List.of(task.layers().get(k)), List.of(scores.get(k)), prune));
    }
    return masks;
  }

  private List<Mask> choose(List<Layer> layers, List<Scores> scores, long prune) {
    var selection = new Selection(task.pattern(), Allocation.GLOBAL);
    return List.copyOf(selection.masks(layers, scores, prune).byWeight().values());
  }

  /** What becomes of each layer with these weights, of which those of a support are kept. */
  Map<String, Solution> solutions(Tensor weights, Tensor kept) {
    var solutions = new LinkedHashMap<String, Solution>();
    long first = 0;
    for (Layer layer : task.layers()) {
      boolean[] keeps = new boolean[layer.size()];
      try (var _ = new PointerScope()) {
        byte[] bytes = new byte[keeps.length];
        Tensor part = kept.narrow(0, first, layer.size()).to(ScalarType.Byte).contiguous();
        part.data_ptr_byte().get(bytes);
        for (int k = 0; k < keeps.length; k++) {
          keeps[k] = bytes[k] != 0;
        }
      }
      solutions.put(layer.weight(), Solution.of(tensor(layer, weights, first), Mask.of(keeps)));
      first += layer.size();
    }
    return solutions;
  }

  private static org.espalier.graph.Tensor tensor(Layer layer, Tensor weights, long first) {
    var tensor = org.espalier.graph.Tensor.allocate(layer.tensor().type(), layer.tensor().dims());
    try (var _ = new PointerScope()) {
      Libtorch.view(tensor).reshape(-1).copy_(weights.narrow(0, first, layer.size()));
    }
    return tensor;
  }
}
