package org.espalier.prune.method;

import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.prune.About;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Saliency;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.Solution;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;

/**
 * CHITA-BSO (Benbaki et al., 2023): the largest weights stay, and those of a block of consecutive
 * weights take one step, of the best length, towards making up for those of the block that go. Each
 * block is a sparse regression of its own, as {@link SampleRegression} is for all. No system is
 * solved: that would go farther than what gradients tell holds, where most weights of a block go.
 */
public final class BlockSurgeon implements ScoringMethod {
  private static final int BLOCK = 500;
  private static final double DAMPING = 0.01;

  @Override
  public About about() {
    return About.of(
            "chita-bso",
            "CHITA's block surgeon",
            "Keeps the largest weights and moves them block by block to make up for the others, by"
                + " single examples' gradients; the cheap form of chita, for networks that it takes"
                + " too long on.")
        .paper("Benbaki et al.", 2023, "arXiv:2302.14623")
        .patterns("unstructured", "N:M", "block")
        .needs("sample gradients");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.SAMPLE_GRADIENTS);
  }

  @Override
  public Saliency saliency() {
    return Saliency.magnitude();
  }

  @Override
  public Solution update(Layer layer, Mask mask, Evidence evidence) {
    var updated = layer.tensor().copy();
    try (var _ = new PointerScope()) {
      Tensor all = Libtorch.view(evidence.sampleGradients(layer.weight()));
      Tensor weights = Libtorch.view(updated).reshape(-1);
      Tensor kept = Libtorch.view(mask.toTensor(mask.size()));
      double damping =
          DAMPING * Libtorch.view(evidence.fisherDiagonal(layer.weight())).mean().item().toDouble();
      for (long first = 0; first < mask.size(); first += BLOCK) {
        try (var _ = new PointerScope()) {
          long count = Math.min(BLOCK, mask.size() - first);
          Tensor part = weights.narrow(0, first, count);
          Tensor keeps = kept.narrow(0, first, count);
          part.sub_(step(all.narrow(1, first, count), part, keeps, damping));
        }
      }
    }
    return Solution.of(updated, mask);
  }

  /** The best step along the gradient of the weights that stay, as the others go. */
  private static Tensor step(Tensor gradients, Tensor weights, Tensor kept, double damping) {
    Tensor alive = weights.ne(new Scalar(0.0));
    Tensor all = gradients.mul(alive).to(ScalarType.Double);
    Tensor gone = weights.mul(kept).sub(weights).to(ScalarType.Double);
    Tensor slope = all.t().mv(all.mv(gone)).mul_(kept);
    Tensor response = all.mv(slope);
    double samples = all.size(0);
    double bend =
        response.dot(response).item().toDouble()
            + samples * damping * slope.dot(slope).item().toDouble();
    double length = bend == 0 ? 0 : slope.dot(slope).item().toDouble() / bend;
    return slope.mul(new Scalar(length)).to(weights.scalar_type());
  }
}
