package org.espalier.prune.method;

import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.About;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.Solution;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;

/**
 * WoodFisher (Singh and Alistarh, 2020): Optimal Brain Surgeon with the inverse of the empirical
 * Fisher matrix, damped and cut into blocks along its diagonal.
 *
 * <p>The paper makes the inverse by rank-one updates. Here each block is inverted by Cholesky
 * factorisation, which gives the same.
 */
public final class WoodFisher implements ScoringMethod {
  private final int block;
  private final double damping;
  private final boolean together;

  public WoodFisher() {
    this(1000, 0.01, false);
  }

  /**
   * @param block how many weights of a layer, consecutive in its tensor, a block has
   * @param damping what is added to the Fisher matrix's diagonal, as a share of its mean over all
   *     layers
   * @param together whether the weights pruned in a block are made up for as a set. The paper adds
   *     up what each would ask for alone, which is less far from the truth where nearly all go: the
   *     quadratic model holds only near the weights as they were
   */
  public WoodFisher(int block, double damping, boolean together) {
    if (block < 1 || !(damping > 0)) {
      throw new InvalidInputException(
          "blocks of %d weights, damping %s; expected 1 or more, more than 0"
              .formatted(block, damping));
    }
    this.block = block;
    this.damping = damping;
    this.together = together;
  }

  @Override
  public About about() {
    return new About(
        "woodfisher",
        "WoodFisher",
        "Removes the weights whose removal raises the loss least once the others have made up for"
            + " it, by second derivatives from single examples' gradients; for classifiers with"
            + " some hundred labelled examples.",
        "Singh and Alistarh",
        2020,
        "arXiv:2004.14340",
        "post-training",
        List.of("unstructured", "N:M", "block"),
        List.of("sample gradients"));
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.SAMPLE_GRADIENTS);
  }

  @Override
  public Saliency saliency() {
    return (layer, evidence, seed) -> {
      double[] scores = new double[layer.size()];
      double lambda = lambda(evidence);
      for (int first = 0; first < scores.length; first += block) {
        try (var _ = new PointerScope()) {
          int count = Math.min(block, scores.length - first);
          Tensor diagonal = inverse(layer, evidence, first, count, lambda).diagonal();
          double[] values = new double[count];
          diagonal.contiguous().data_ptr_double().get(values);
          for (int k = 0; k < count; k++) {
            double weight = layer.tensor().realAt(first + k);
            scores[first + k] = weight * weight / (2 * values[k]);
          }
        }
      }
      return Scores.of(layer, (row, column, weight) -> scores[layer.index(row, column)]);
    };
  }

  /**
   * One weight's damping: the mean of the Fisher matrix's diagonal over all layers, times a share.
   */
  private double lambda(Evidence evidence) {
    double sum = 0;
    double count = 0;
    for (String weight : evidence.weights()) {
      try (var _ = new PointerScope()) {
        Tensor diagonal = Libtorch.view(evidence.fisherDiagonal(weight));
        sum += diagonal.sum().item().toDouble();
        count += diagonal.numel();
      }
    }
    return sum == 0 ? 1 : damping * sum / count;
  }

  /** The inverse of one block of the damped Fisher matrix. */
  private static Tensor inverse(
      Layer layer, Evidence evidence, int first, int count, double lambda) {
    Tensor all = Libtorch.view(evidence.sampleGradients(layer.weight()));
    Tensor gradients = all.narrow(1, first, count).to(ScalarType.Double);
    Tensor alive = weights(layer, first, count).ne(new Scalar(0.0)).to(ScalarType.Double);
    gradients = gradients.mul(alive);
    Tensor fisher = gradients.t().mm(gradients).div_(new Scalar((double) gradients.size(0)));
    fisher.diagonal().add_(new Scalar(lambda));
    return LinearAlgebra.inverse(fisher);
  }

  private static Tensor weights(Layer layer, int first, int count) {
    return Libtorch.view(layer.tensor()).reshape(-1).narrow(0, first, count).to(ScalarType.Double);
  }

  @Override
  public Solution update(Layer layer, Mask mask, Evidence evidence) {
    double lambda = lambda(evidence);
    var updated = layer.tensor().copy();
    for (int first = 0; first < layer.size(); first += block) {
      try (var _ = new PointerScope()) {
        int count = Math.min(block, layer.size() - first);
        Tensor weights = weights(layer, first, count);
        Tensor pruned = pruned(layer, mask, first, count);
        if (pruned.numel() > 0) {
          Tensor inverse = inverse(layer, evidence, first, count, lambda);
          Tensor columns = inverse.index_select(1, pruned);
          Tensor gone = weights.index_select(0, pruned).unsqueeze(1);
          Tensor scaled =
              together
                  ? LinearAlgebra.solve(columns.index_select(0, pruned), gone)
                  : gone.div(inverse.diagonal().index_select(0, pruned).unsqueeze(1));
          weights = weights.sub(columns.mm(scaled).squeeze(1));
        }
        Libtorch.view(updated).reshape(-1).narrow(0, first, count).copy_(weights);
      }
    }
    return Solution.of(updated, mask);
  }

  /** The places of the block's weights that go now; those that were zero take no part. */
  private static Tensor pruned(Layer layer, Mask mask, int first, int count) {
    long[] places = new long[count];
    int found = 0;
    for (int k = 0; k < count; k++) {
      if (!mask.keeps(first + k) && layer.tensor().realAt(first + k) != 0) {
        places[found++] = k;
      }
    }
    return Libtorch.view(
            org.espalier.graph.Tensor.of(java.util.Arrays.copyOf(places, found), found))
        .clone();
  }
}
