package org.espalier.prune.method;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
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

/**
 * WoodFisher (Singh and Alistarh, 2020): Optimal Brain Surgeon with the inverse of the empirical
 * Fisher matrix, damped and cut into blocks along its diagonal.
 *
 * <p>The paper makes the inverse by rank-one updates. Here each block is inverted by Cholesky
 * factorisation, which gives the same.
 */
public final class WoodFisher implements ScoringMethod {
  private static final int BLOCK = 1000;

  /** How many bytes the blocks' factors may take; beyond it they are made twice. */
  private static final long ROOM = 1L << 30;

  private final int block;
  private final double damping;

  public WoodFisher() {
    this(BLOCK, 0.01);
  }

  /**
   * @param block how many weights of a layer, consecutive in its tensor, a block has
   * @param damping what is added to the Fisher matrix's diagonal, as a share of its mean over all
   *     layers
   */
  public WoodFisher(int block, double damping) {
    if (block < 1 || !(damping > 0)) {
      throw new InvalidInputException(
          "blocks of %d weights, damping %s; expected 1 or more, more than 0"
              .formatted(block, damping));
    }
    this.block = block;
    this.damping = damping;
  }

  @Override
  public About about() {
    return About.of(
            "woodfisher",
            "WoodFisher",
            "Removes the weights whose removal raises the loss least once the others have made up"
                + " for it, by second derivatives from single examples' gradients; for classifiers"
                + " with some hundred labelled examples.")
        .paper("Singh and Alistarh", 2020, "arXiv:2004.14340")
        .patterns("unstructured", "N:M", "block")
        .needs("sample gradients");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.SAMPLE_GRADIENTS);
  }

  @Override
  public Saliency saliency() {
    return (layer, evidence, seed) -> {
      try (FisherInverse inverse = inverse(layer, evidence, lambda(evidence), false)) {
        return scores(layer, inverse);
      }
    };
  }

  private static Scores scores(Layer layer, FisherInverse inverse) {
    double[] diagonal = inverse.diagonal();
    return Scores.of(
        layer,
        (row, column, weight) ->
            (double) weight * weight / (2 * diagonal[layer.index(row, column)]));
  }

  /** The inverses are needed twice, for the choice and for the update. */
  @Override
  public Map<String, Solution> prune(Task task) {
    double lambda = lambda(task.evidence());
    long weights = task.layers().stream().mapToLong(Layer::size).sum();
    boolean keep = fits(weights, task.evidence());
    var inverses = new LinkedHashMap<String, FisherInverse>();
    try {
      for (Layer layer : task.layers()) {
        inverses.put(layer.weight(), inverse(layer, task.evidence(), lambda, keep));
      }
      Saliency known = (layer, _, _) -> scores(layer, inverses.get(layer.weight()));
      Masks masks = task.select(task.scores(known));
      var solutions = new LinkedHashMap<String, Solution>();
      for (Layer layer : task.layers()) {
        Mask mask = masks.byWeight().get(layer.weight());
        solutions.put(layer.weight(), update(layer, mask, inverses.get(layer.weight())));
      }
      return solutions;
    } finally {
      inverses.values().forEach(FisherInverse::close);
    }
  }

  @Override
  public Solution update(Layer layer, Mask mask, Evidence evidence) {
    boolean keep = fits(layer.size(), evidence);
    try (FisherInverse inverse = inverse(layer, evidence, lambda(evidence), keep)) {
      return update(layer, mask, inverse);
    }
  }

  /**
   * What each pruned weight alone asks of the others, added up, as in the paper. Making up for a
   * block's as a set is farther from the truth where nearly all go: the quadratic model holds only
   * near the weights as they were.
   */
  private static Solution update(Layer layer, Mask mask, FisherInverse inverse) {
    var updated = layer.tensor().copy();
    double[] asked = new double[layer.size()];
    for (int k = 0; k < asked.length; k++) {
      asked[k] = mask.keeps(k) ? 0 : layer.tensor().realAt(k) / inverse.diagonal()[k];
    }
    double[] change = inverse.times(asked);
    for (int k = 0; k < asked.length; k++) {
      updated.setReal(k, layer.tensor().realAt(k) - change[k]);
    }
    return Solution.of(updated, mask);
  }

  private boolean fits(long weights, Evidence evidence) {
    return weights * Math.min(block, evidence.samples()) * Double.BYTES <= ROOM;
  }

  private FisherInverse inverse(Layer layer, Evidence evidence, double lambda, boolean keep) {
    return new FisherInverse(layer, evidence.sampleGradients(layer.weight()), block, lambda, keep);
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
}
