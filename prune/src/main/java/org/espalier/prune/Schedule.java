package org.espalier.prune;

import org.espalier.graph.InvalidInputException;

/** When pruning happens: how sparse the network is to be after each step of training. */
public sealed interface Schedule {
  /** The sparsity after step {@code step}, counted from 0. */
  double sparsityAt(long step);

  /** Whether masks are chosen anew at this step. */
  boolean prunesAt(long step);

  /** All at once, at step {@code at}. */
  record OneShot(double sparsity, long at) implements Schedule {
    public OneShot {
      checkSparsity(sparsity);
    }

    @Override
    public double sparsityAt(long step) {
      return step < at ? 0 : sparsity;
    }

    @Override
    public boolean prunesAt(long step) {
      return step == at;
    }
  }

  /**
   * Gradual pruning along a cubic (Zhu and Gupta, 2017): fast at first, slow at the end. Sparsity
   * is {@code last + (first - last) * (1 - (step - begin) / (end - begin))^3} from step {@code
   * begin} to {@code end}.
   *
   * @param every steps between two prunings; the step {@code end} always prunes
   */
  record Cubic(double first, double last, long begin, long end, long every) implements Schedule {
    public Cubic {
      checkSparsity(first);
      checkSparsity(last);
      if (first > last || begin < 0 || begin >= end || every < 1) {
        throw new InvalidInputException(
            "a cubic schedule from %s to %s over steps %d to %d, each %d"
                .formatted(first, last, begin, end, every));
      }
    }

    @Override
    public double sparsityAt(long step) {
      if (step < begin) {
        return first;
      }
      if (step >= end) {
        return last;
      }
      double left = 1 - (double) (step - begin) / (end - begin);
      return last + (first - last) * left * left * left;
    }

    @Override
    public boolean prunesAt(long step) {
      return step == end || (step >= begin && step < end && (step - begin) % every == 0);
    }
  }

  private static void checkSparsity(double sparsity) {
    if (!(sparsity >= 0 && sparsity < 1)) {
      throw new InvalidInputException(
          "a sparsity of %s: expected a share of weights, from 0 up to but not 1"
              .formatted(sparsity));
    }
  }
}
