package org.espalier.prune.method;

import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
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

  /** How often gradients are taken anew. */
  private static final int STAGES = 3;

  /** How widely responses are averaged, as a share of their variance. */
  private static final double BLUR = 0.001;

  /** The ridge, as a share of the mean squared gradient. */
  private static final double DAMPING = 0.01;

  /** Iterations of the transport, whose plans are made often and needn't be exact. */
  private static final int SINKHORN = 30;

  @Override
  public About about() {
    return About.of(
            "swap",
            "SWAP: sparse entropic Wasserstein regression",
            "Finds mask and weights together by a regression on single examples' gradients that"
                + " matches distributions of answers, not answers: for noisy gradients and high"
                + " sparsity.")
        .paper("You and Cheng", 2024, "arXiv:2310.04918")
        .patterns("unstructured")
        .needs("sample gradients");
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.SAMPLE_GRADIENTS);
  }

  @Override
  public int stages() {
    return STAGES;
  }

  @Override
  public Map<String, Solution> prune(Task task) {
    try (var _ = new PointerScope()) {
      var problem = new SampleRegression(task.layers(), task.evidence(), DAMPING);
      var largest = new LargestWeights(task);
      var transport = new Sinkhorn(BLUR, SINKHORN);
      Tensor dense = problem.responses();
      Support support =
          new Thresholds(largest, 0, STEPS)
              .descend(
                  problem,
                  sparse -> {
                    Tensor plan = transport.plan(dense, problem.responses(sparse.weights()));
                    sparse.aim(targets(plan, dense));
                  });
      return largest.solutions(support.weights(), support.kept());
    }
  }

  /** What each sparse response is to be: the mean of the dense ones that the plan gives it. */
  static Tensor targets(Tensor plan, Tensor dense) {
    return plan.t().mv(dense).mul(new Scalar((double) dense.size(0)));
  }
}
