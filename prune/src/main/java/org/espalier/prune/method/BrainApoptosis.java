package org.espalier.prune.method;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;
import org.espalier.prune.About;
import org.espalier.prune.Layer;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;

/**
 * A weight's share of the second-order change of the loss when all weights go (Sun et al., 2025):
 * |w (H w)|, cross terms included, from one product of the Hessian with the weights. It counts
 * relative to the largest of its layer; where it vanishes, magnitudes decide.
 */
public final class BrainApoptosis implements ScoringMethod {
  /** How much magnitudes count against shares: only where these say nothing. */
  private static final double TIE = 1e-6;

  @Override
  public About about() {
    return About.of(
            "oba",
            "Optimal Brain Apoptosis",
            "Removes the weights with the smallest share in the loss's curvature along all weights"
                + " together, what they do to each other included; for trained networks with"
                + " labelled examples, where a second derivative is affordable.")
        .paper("Sun et al.", 2025, "arXiv:2502.17941")
        .patterns("unstructured", "N:M", "block")
        .needs("hessian vector");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.HESSIAN_VECTOR);
  }

  @Override
  public Saliency saliency() {
    Map<String, Tensor> products = new TreeMap<>();
    return (layer, evidence, seed) -> {
      if (products.isEmpty()) {
        products.putAll(products(evidence));
      }
      return score(layer, products.get(layer.weight()));
    };
  }

  /** The sum over examples of the loss's Hessian times all weights. */
  private static Map<String, Tensor> products(Evidence evidence) {
    Map<String, Tensor> sums = new TreeMap<>();
    evidence.forEachBatch(
        (model, inputs, targets) -> {
          var vector = new LinkedHashMap<String, org.bytedeco.pytorch.Tensor>();
          model.parameters().forEach((name, weight) -> vector.put(name, weight.detach()));
          var size = new Scalar((double) inputs.values().iterator().next().size(0));
          model
              .hessianVector(evidence.loss(inputs, targets), vector)
              .forEach(
                  (name, part) -> {
                    long[] dims = model.weights().get(name).dims();
                    Tensor sum =
                        sums.computeIfAbsent(name, _ -> Tensor.allocate(DataType.DOUBLE, dims));
                    Libtorch.view(sum).add_(part.to(ScalarType.Double).mul(size));
                  });
        });
    return sums;
  }

  /** |w (H w)| and a little of |w|, each relative to the layer's largest. */
  private static Scores score(Layer layer, Tensor product) {
    double share = 0;
    double magnitude = 0;
    for (int k = 0; k < layer.size(); k++) {
      double weight = layer.tensor().realAt(k);
      share = Math.max(share, Math.abs(weight * product.realAt(k)));
      magnitude = Math.max(magnitude, Math.abs(weight));
    }
    double shares = share == 0 ? 0 : 1 / share;
    double magnitudes = magnitude == 0 ? 0 : TIE / magnitude;
    return Scores.of(
        layer,
        product,
        (weight, change) -> Math.abs(weight * change) * shares + Math.abs(weight) * magnitudes);
  }
}
