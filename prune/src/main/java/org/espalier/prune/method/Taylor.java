package org.espalier.prune.method;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;
import org.espalier.prune.About;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;

/**
 * The squared first-order change of the loss without a weight, (w g)², as the mean over batches
 * (Molchanov et al., 2019). At the end of training the mean gradient is near zero and says little;
 * that of each batch isn't.
 */
public final class Taylor implements ScoringMethod {
  @Override
  public About about() {
    return About.of(
            "taylor",
            "First-order Taylor expansion",
            "Removes the weights without which the loss of a batch changes least, to first order;"
                + " for trained networks, from gradients of some batches.")
        .paper("Molchanov et al.", 2019, "arXiv:1906.10771")
        .patterns("unstructured", "N:M", "block")
        .needs("gradients");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.LOSS);
  }

  @Override
  public Saliency saliency() {
    Map<String, Tensor> squares = new TreeMap<>();
    return (layer, evidence, seed) -> {
      if (squares.isEmpty()) {
        squares.putAll(squares(evidence));
      }
      return Scores.of(
          layer, squares.get(layer.weight()), (weight, square) -> square * weight * weight);
    };
  }

  /** The sum over batches of the squared gradients. */
  private static Map<String, Tensor> squares(Evidence evidence) {
    Map<String, Tensor> sums = new TreeMap<>();
    evidence.forEachBatch(
        (model, inputs, targets) ->
            model
                .gradients(evidence.loss(inputs, targets))
                .forEach(
                    (name, gradient) -> {
                      Tensor sum =
                          sums.computeIfAbsent(
                              name,
                              _ ->
                                  Tensor.allocate(
                                      DataType.DOUBLE, model.weights().get(name).dims()));
                      Libtorch.view(sum).add_(gradient.to(ScalarType.Double).square());
                    }));
    return sums;
  }
}
