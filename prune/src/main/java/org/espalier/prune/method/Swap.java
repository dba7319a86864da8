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
 * SWAP (You and Cheng, 2024): sparse regression on the gradients of single samples, whose responses
 * are matched by entropic {@linkplain Sinkhorn transport} instead of sample by sample, so that
 * noise in single gradients averages out.
 *
 * <p>With a plan P between the dense responses y and the sparse ones A w, the objective {@code n/2
 * sum P_ij (y_i - (A w)_j)^2 + n lambda/2 |w - w0|^2} is for that plan a regression on the targets
 * {@code n P^T y}, which {@link SampleRegression} solves. Thresholds come down to the budget in
 * steps; before each there is a new plan. The paper takes gradient steps instead of solutions.
 */
public final class Swap implements WeightMethod {
  private static final int STEPS = 8;

  /** Iterations of the transport, whose plans are made often and needn't be exact. */
  private static final int SINKHORN = 30;

  private final Sinkhorn transport;
  private final double damping;
  private final int stages;

  public Swap() {
    this(0.001, 0.01, 3);
  }

  /**
   * @param blur how widely responses are averaged, as a share of their variance; 0 matches them in
   *     order
   * @param damping the ridge, as a share of the mean squared gradient
   * @param stages how often gradients are taken anew
   */
  public Swap(double blur, double damping, int stages) {
    if (!(damping > 0) || stages < 1) {
      throw new InvalidInputException(
          "damping %s, %d stages; expected more than 0, 1 or more".formatted(damping, stages));
    }
    transport = new Sinkhorn(blur, SINKHORN);
    this.damping = damping;
    this.stages = stages;
  }

  @Override
  public About about() {
    return new About(
        "swap",
        "SWAP: sparse entropic Wasserstein regression",
        "Finds mask and weights together by a regression on single examples' gradients that matches"
            + " distributions of answers, not answers: for noisy gradients and high sparsity.",
        "You and Cheng",
        2024,
        "arXiv:2310.04918",
        "post-training",
        List.of("unstructured"),
        List.of("sample gradients"));
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.SAMPLE_GRADIENTS);
  }

  @Override
  public int stages() {
    return stages;
  }

  @Override
  public Map<String, Solution> prune(Task task) {
    try (var _ = new PointerScope()) {
      var problem = new SampleRegression(task.layers(), task.evidence(), damping);
      var largest = new LargestWeights(task);
      var support = new Support(problem);
      for (int step = 1; step <= STEPS; step++) {
        try (var _ = new PointerScope()) {
          Tensor dense = problem.responses();
          Tensor plan = transport.plan(dense, problem.responses(support.weights()));
          support.aim(targets(plan, dense));
          support.become(largest.of(support.weights(), (double) step / STEPS));
        }
      }
      return largest.solutions(support.weights(), support.kept());
    }
  }

  /** What each sparse response is to be: the mean of the dense ones that the plan gives it. */
  static Tensor targets(Tensor plan, Tensor dense) {
    return plan.t().mv(dense).mul(new Scalar((double) dense.size(0)));
  }
}
