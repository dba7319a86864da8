package org.espalier.prune.method;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.prune.About;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
import org.espalier.prune.WeightMethod;
import org.espalier.prune.evidence.Need;

/**
 * CHITA (Benbaki et al., 2023): the weights of all layers that change the loss least when only so
 * many of them are kept, as a sparse regression on examples' gradients ({@link SampleRegression}).
 *
 * <p>Weights go by hard thresholds: a gradient step, then only the largest stay. The paper refines
 * the values by coordinate descent or Woodbury's identity at the end. Here they are solved exactly
 * after each threshold, so that of the gradient only what calls pruned weights back is left; and
 * thresholds come down to the budget in some steps, as what a weight is worth depends on which
 * others are gone.
 */
public final class Chita implements WeightMethod {
  private static final int DOUBLINGS = 6;

  /** Where the first threshold lies on the way: what goes before it is small in any case. */
  private static final double FIRST = 0.25;

  private final int steps;
  private final int rounds;
  private final double damping;

  public Chita() {
    this(20, 5, 0.01);
  }

  /**
   * @param steps in how many thresholds the budget is reached
   * @param rounds how often weights that are gone may come back for others, at most
   * @param damping of the Fisher matrix, as a share of its mean diagonal
   */
  public Chita(int steps, int rounds, double damping) {
    if (steps < 1 || rounds < 0 || !(damping > 0)) {
      throw new InvalidInputException(
          "%d steps, %d rounds, damping %s; expected 1 or more, 0 or more, more than 0"
              .formatted(steps, rounds, damping));
    }
    this.steps = steps;
    this.rounds = rounds;
    this.damping = damping;
  }

  @Override
  public About about() {
    return new About(
        "chita",
        "CHITA",
        "Finds the weights to keep and their new values together, over all layers at once, from"
            + " single examples' gradients; for small classifiers with some hundred labelled"
            + " examples, where it beats what looks at weights or layers alone.",
        "Benbaki et al.",
        2023,
        "arXiv:2302.14623",
        "post-training",
        List.of("unstructured"),
        List.of("sample gradients"));
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.SAMPLE_GRADIENTS);
  }

  @Override
  public Map<String, Solution> prune(Task task) {
    try (var _ = new PointerScope()) {
      var problem = new SampleRegression(task.layers(), task.evidence(), damping);
      var largest = new LargestWeights(task);
      var support = new Support(problem);
      for (int step = 1; step <= steps; step++) {
        try (var _ = new PointerScope()) {
          double share = FIRST + (1 - FIRST) * step / steps;
          support.become(largest.of(support.weights(), share));
        }
      }
      improve(problem, largest, support);
      return largest.solutions(support.weights(), support.kept());
    }
  }

  /** Thresholds after gradient steps, as long as what is solved on their supports gets better. */
  private void improve(SampleRegression problem, LargestWeights largest, Support support) {
    double least = support.fit().objective();
    for (int round = 0; round < rounds; round++) {
      try (var _ = new PointerScope()) {
        Tensor gradient = problem.gradient(support.fit());
        double length = shortest(support, gradient);
        Support best = null;
        for (int doubling = 0; doubling < DOUBLINGS && Double.isFinite(length); doubling++) {
          length *= 2;
          Support next = support.copy();
          Tensor moved = support.weights().sub(gradient.mul(new Scalar(length)));
          next.become(largest.of(moved, 1));
          double objective = next.fit().objective();
          if (objective >= least) {
            break;
          }
          least = objective;
          best = next;
        }
        if (best == null) {
          return;
        }
        support.become(best);
      }
    }
  }

  /** The step along the gradient up to which the largest weights are the same. */
  private static double shortest(Support support, Tensor gradient) {
    Tensor kept = support.kept();
    if (!kept.any().item().toBool() || kept.all().item().toBool()) {
      return Double.POSITIVE_INFINITY;
    }
    double smallest = support.weights().masked_select(kept).abs().min().item().toDouble();
    double steepest = gradient.masked_select(kept.logical_not()).abs().max().item().toDouble();
    return smallest / steepest;
  }
}
