package org.espalier.train.optim;

import java.util.Collection;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;

/** What happens to gradients that are too large. */
public sealed interface Clipping {
  Clipping NONE = new None();

  /** Changes the gradients in place. */
  void apply(Collection<Tensor> gradients);

  /** Nothing. */
  record None() implements Clipping {
    @Override
    public void apply(Collection<Tensor> gradients) {}
  }

  /** All gradients together, seen as one vector, are scaled down to this length. */
  record Norm(double limit) implements Clipping {
    public Norm {
      check(limit);
    }

    @Override
    public void apply(Collection<Tensor> gradients) {
      double squares = 0;
      for (Tensor gradient : gradients) {
        double norm = gradient.norm().item_double();
        squares += norm * norm;
      }
      double norm = Math.sqrt(squares);
      if (norm > limit) {
        var scale = new Scalar(limit / norm);
        gradients.forEach(gradient -> gradient.mul_(scale));
      }
    }
  }

  private static void check(double limit) {
    if (!(limit > 0)) {
      throw new InvalidInputException("gradients clipped at " + limit + ", expected more than 0");
    }
  }
}
