package org.espalier.prune.method;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.About;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
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
    return (layer, evidence, seed) -> scores(layer, diagonal(layer, evidence, lambda(evidence)));
  }

  private static Scores scores(Layer layer, double[] diagonal) {
    return Scores.of(
        layer,
        (row, column, weight) ->
            (double) weight * weight / (2 * diagonal[layer.index(row, column)]));
  }

  /** The inverse's diagonals are needed twice, for the choice and for the update. */
  @Override
  public Map<String, Solution> prune(Task task) {
    double lambda = lambda(task.evidence());
    Map<String, double[]> diagonals = new HashMap<>();
    for (Layer layer : task.layers()) {
      diagonals.put(layer.weight(), diagonal(layer, task.evidence(), lambda));
    }
    Saliency known = (layer, evidence, seed) -> scores(layer, diagonals.get(layer.weight()));
    Masks masks = task.select(task.scores(known));
    var solutions = new LinkedHashMap<String, Solution>();
    for (Layer layer : task.layers()) {
      Mask mask = masks.byWeight().get(layer.weight());
      double[] diagonal = diagonals.get(layer.weight());
      solutions.put(layer.weight(), update(layer, mask, task.evidence(), diagonal, lambda));
    }
    return solutions;
  }

  @Override
  public Solution update(Layer layer, Mask mask, Evidence evidence) {
    double lambda = lambda(evidence);
    return update(layer, mask, evidence, diagonal(layer, evidence, lambda), lambda);
  }

  private Solution update(
      Layer layer, Mask mask, Evidence evidence, double[] diagonal, double lambda) {
    var updated = layer.tensor().copy();
    org.espalier.graph.Tensor keeps = mask.toTensor(mask.size());
    forEachBlock(
        layer,
        (first, count) -> {
          Tensor gradients = gradients(layer, evidence, first, count);
          Tensor weights = weights(layer, first, count);
          Tensor kept = Libtorch.view(keeps).narrow(0, first, count).ne(new Scalar(0.0));
          Tensor gone = weights.mul(kept.logical_not());
          Tensor change;
          if (together) {
            Tensor places = kept.nonzero().reshape(-1);
            Tensor stay = gradients.index_select(1, places);
            Tensor pull = LinearAlgebra.real(stay).t().mv(LinearAlgebra.real(gradients).mv(gone));
            pull = pull.div_(new Scalar((double) gradients.size(0)));
            change = torch.zeros_like(weights);
            if (places.numel() > 0) {
              change.index_add_(0, places, new FisherBlock(stay, lambda).times(pull));
            }
          } else {
            Tensor own = Libtorch.view(org.espalier.graph.Tensor.of(diagonal, diagonal.length));
            Tensor asked = gone.div(own.narrow(0, first, count));
            change = new FisherBlock(gradients, lambda).times(asked).neg();
          }
          Libtorch.view(updated).reshape(-1).narrow(0, first, count).copy_(weights.add(change));
        });
    return Solution.of(updated, mask);
  }

  /** The diagonal of the damped Fisher matrix's inverse, block by block. */
  private double[] diagonal(Layer layer, Evidence evidence, double lambda) {
    double[] diagonal = new double[layer.size()];
    forEachBlock(
        layer,
        (first, count) -> {
          Tensor gradients = gradients(layer, evidence, first, count);
          Tensor part = new FisherBlock(gradients, lambda).diagonal();
          part.contiguous().data_ptr_double().get(diagonal, (int) first, (int) count);
        });
    return diagonal;
  }

  @FunctionalInterface
  private interface BlockVisitor {
    void visit(long first, long count);
  }

  /** Goes through a layer's blocks side by side, each in a pointer scope of its own. */
  private void forEachBlock(Layer layer, BlockVisitor visitor) {
    IntStream.range(0, Math.ceilDiv(layer.size(), block))
        .parallel()
        .forEach(
            number -> {
              try (var _ = new PointerScope()) {
                int first = number * block;
                visitor.visit(first, Math.min(block, layer.size() - first));
              }
            });
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

  /** The gradients of one block's weights, zero for those that are zero already. */
  private static Tensor gradients(Layer layer, Evidence evidence, long first, long count) {
    Tensor all = Libtorch.view(evidence.sampleGradients(layer.weight()));
    return all.narrow(1, first, count).mul(weights(layer, first, count).ne(new Scalar(0.0)));
  }

  private static Tensor weights(Layer layer, long first, long count) {
    return Libtorch.view(layer.tensor()).reshape(-1).narrow(0, first, count).to(ScalarType.Double);
  }
}
