package org.espalier.prune.method;

import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.espalier.prune.About;
import org.espalier.prune.Goal;
import org.espalier.prune.Layer;
import org.espalier.prune.LayerMatrix;
import org.espalier.prune.Mask;
import org.espalier.prune.Saliency;
import org.espalier.prune.Solution;
import org.espalier.prune.SolvingMethod;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Gram;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;

/**
 * DAREx-q (Deng et al., 2025) with a divisor for each layer: the one with which the layer's own
 * output changes least. With D the weights, M the mask and G the inputs' Gram matrix that is least
 * squares in one unknown, {@code 1 / q = tr(D G (MD)^T) / tr(MD G (MD)^T)}, held between the share
 * that stays and one.
 *
 * <p>The paper bounds the change from the inputs' means alone, with a constant to be tuned, or
 * learns q by gradients.
 */
public final class LayerTunedDrop implements SolvingMethod {
  @Override
  public About about() {
    return About.of(
            "darex-layer",
            "DAREx-q, per layer",
            "Drops weights at random and scales the rest of each layer such that its output changes"
                + " least; for what fine-tuning changed (--base), where layers differ in how much"
                + " of it they need.")
        .paper("Deng et al.", 2025, "arXiv:2410.09344")
        .patterns("unstructured", "N:M", "block")
        .needs("gram");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.GRAM);
  }

  @Override
  public boolean inSequence() {
    return false;
  }

  @Override
  public Saliency ranking() {
    return Saliency.random();
  }

  @Override
  public Solution solve(Layer layer, Goal goal, Evidence evidence) {
    Mask mask = goal.select(layer, ranking().score(layer, goal.seed()));
    double nonzeros = layer.tensor().nonzeros();
    double least = nonzeros == 0 ? 1 : Math.min(1, mask.kept() / nonzeros);
    double q = Math.clamp(divisor(layer, mask, evidence.gram(layer.weight())), least, 1);
    return Solution.scaled(layer, mask, 1 / q);
  }

  /** The best divisor of all: 0 where what stays gives nothing, infinite where it misleads. */
  static double divisor(Layer layer, Mask mask, Gram gram) {
    int rows = layer.rows() / gram.groups();
    double along = 0;
    double square = 0;
    for (int group = 0; group < gram.groups(); group++) {
      try (var _ = new PointerScope()) {
        Tensor inputs = Libtorch.view(gram.matrix(group));
        long first = (long) group * rows;
        Tensor all = LayerMatrix.of(layer).narrow(0, first, rows);
        Tensor kept = LayerMatrix.of(layer, mask.apply(layer.tensor())).narrow(0, first, rows);
        Tensor seen = kept.mm(inputs);
        along += seen.mul(all).sum().item().toDouble();
        square += seen.mul(kept).sum().item().toDouble();
      }
    }
    if (square == 0) {
      return 0;
    }
    return along > 0 ? square / along : Double.POSITIVE_INFINITY;
  }
}
