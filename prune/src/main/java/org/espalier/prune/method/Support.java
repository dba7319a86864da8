package org.espalier.prune.method;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.torch.LinearAlgebra;

/**
 * The weights that are kept on the way to a solution of a {@link SampleRegression}, and what the
 * others make of it. From one support to the next only the columns that differ are multiplied.
 */
final class Support {
  private final SampleRegression problem;
  private final Tensor kept;
  private final Tensor products;
  private final Tensor weights;
  private final Tensor forces;
  private final Tensor targets;
  private double objective;

  /** Nothing decided yet, in the pointer scope around. */
  Support(SampleRegression problem) {
    this.problem = problem;
    kept = torch.zeros(new long[] {problem.start().size(0)}, new TensorOptions(ScalarType.Bool));
    products = problem.products(kept);
    weights = problem.start().clone();
    forces = LinearAlgebra.zeros(products.size(0));
    targets = problem.responses().clone();
  }

  private Support(Support other) {
    problem = other.problem;
    kept = other.kept.clone();
    products = other.products.clone();
    weights = other.weights.clone();
    forces = other.forces.clone();
    targets = other.targets.clone();
    objective = other.objective;
  }

  /** A copy that goes its own way, in the pointer scope around. */
  Support copy() {
    return new Support(this);
  }

  /** Takes over what another one has found. */
  void become(Support other) {
    kept.copy_(other.kept);
    products.copy_(other.products);
    weights.copy_(other.weights);
    forces.copy_(other.forces);
    targets.copy_(other.targets);
    objective = other.objective;
  }

  /** What responses are to be near from now on, instead of what they were: DOUBLE [n]. */
  void aim(Tensor next) {
    targets.copy_(next);
  }

  /** Keeps these weights and no others, with the values that suit them best. */
  void become(Tensor next) {
    try (var _ = new PointerScope()) {
      Tensor lost = kept.logical_and(next.logical_not());
      Tensor gained = next.logical_and(kept.logical_not());
      if (count(lost) + count(gained) < count(next)) {
        products.sub_(problem.products(lost)).add_(problem.products(gained));
      } else {
        products.copy_(problem.products(next));
      }
      kept.copy_(next);
      SampleRegression.Fit fit = problem.fit(kept, products, targets);
      weights.copy_(fit.weights());
      forces.copy_(fit.forces());
      objective = fit.objective();
    }
  }

  private static long count(Tensor places) {
    return places.count_nonzero().item().toLong();
  }

  /** The best weights on it, and what they cost. */
  SampleRegression.Fit fit() {
    return new SampleRegression.Fit(weights, forces, objective);
  }

  /** DOUBLE [p], zero outside of the support. */
  Tensor weights() {
    return weights;
  }

  /** BOOL [p]. */
  Tensor kept() {
    return kept;
  }
}
