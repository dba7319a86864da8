package org.espalier.prune.method;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.prune.About;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Saliency;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
import org.espalier.prune.WeightMethod;
import org.espalier.prune.evidence.Finite;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;
import org.espalier.torch.Mode;
import org.espalier.torch.TorchModel;

/**
 * DAREx-q (Deng et al., 2025): {@link RandomDrop}, with the divisor q of what stays chosen between
 * the share that stays and one: such that the outputs change least on unlabelled examples. Where
 * nearly all is dropped, the unbiased divisor makes too large weights. One divisor for all layers,
 * for the very mask that is drawn. Divisors that are tried have the same ratio, where the paper's
 * have the same distance: at 99% the best was found between one and three times the unbiased one.
 */
public final class TunedDrop implements WeightMethod {
  private static final int COARSE = 8;
  private static final int FINE = 8;

  @Override
  public About about() {
    return About.of(
            "darex",
            "DAREx-q",
            "Drops weights at random and scales the rest such that the outputs change least; for"
                + " what fine-tuning changed (--base), where DARE fails as nearly all is dropped.")
        .paper("Deng et al.", 2025, "arXiv:2410.09344")
        .patterns("unstructured", "N:M", "block")
        .needs("outputs");
  }

  @Override
  public Allocation allocation() {
    return Allocation.UNIFORM;
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.OUTPUTS);
  }

  @Override
  public Map<String, Solution> prune(Task task) {
    Masks masks = task.select(task.scores(Saliency.random()));
    double kept = masks.size() - masks.pruned();
    double before = task.layers().stream().mapToDouble(layer -> layer.tensor().nonzeros()).sum();
    double least = kept == 0 || before == 0 ? 1 : Math.min(1, kept / before);
    double q = best(task, masks, least, 1, COARSE);
    double step = Math.pow(least, 1.0 / COARSE);
    q = best(task, masks, Math.max(least, q * step), Math.min(1, q / step), FINE);
    var solutions = new LinkedHashMap<String, Solution>();
    for (Layer layer : task.layers()) {
      Mask mask = masks.byWeight().get(layer.weight());
      solutions.put(layer.weight(), Solution.scaled(layer, mask, 1 / q));
    }
    return solutions;
  }

  /** The divisor of a geometric grid with which the outputs change least. */
  private static double best(Task task, Masks masks, double from, double to, int steps) {
    double[] changes = new double[steps + 1];
    task.evidence()
        .forEachBatch(
            (model, inputs, _) -> {
              try (var _ = new AutoGradMode(false)) {
                Tensor outputs = model.forward(inputs, Mode.EVAL).output();
                Tensor dense = Finite.checked(outputs, "the network's output");
                for (int k = 0; k <= steps; k++) {
                  double q = from * Math.pow(to / from, (double) k / steps);
                  changes[k] += change(model, inputs, dense, task.layers(), masks, q);
                }
              }
            });
    int best = 0;
    for (int k = 1; k <= steps; k++) {
      best = Double.compare(changes[k], changes[best]) < 0 ? k : best; // NaN is the farthest
    }
    return from * Math.pow(to / from, (double) best / steps);
  }

  private static double change(
      TorchModel model,
      Map<String, Tensor> inputs,
      Tensor dense,
      List<Layer> layers,
      Masks masks,
      double q) {
    var saved = new LinkedHashMap<String, org.espalier.graph.Tensor>();
    try (var _ = new PointerScope()) {
      for (Layer layer : layers) {
        org.espalier.graph.Tensor live = model.weights().get(layer.weight());
        saved.put(layer.weight(), live.copy());
        Mask mask = masks.byWeight().get(layer.weight());
        org.espalier.graph.Tensor kept = mask.apply(layer.tensor());
        // What is pruned may be only a part of the weight, such as what fine-tuning changed.
        Libtorch.view(live)
            .reshape(-1)
            .add_(Libtorch.view(kept).reshape(-1), new Scalar(1 / q))
            .sub_(Libtorch.view(layer.tensor()).reshape(-1));
      }
      Tensor moved = model.forward(inputs, Mode.EVAL).output().sub(dense);
      return moved.to(ScalarType.Double).square().sum().item().toDouble();
    } finally {
      saved.forEach((weight, values) -> model.weights().get(weight).data().copyFrom(values.data()));
    }
  }
}
