package org.espalier.prune.method;

import java.util.BitSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.espalier.prune.About;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
import org.espalier.prune.WeightMethod;
import org.espalier.prune.evidence.Need;
import org.espalier.torch.Libtorch;

/**
 * CHITA (Benbaki et al., 2023): the weights of all layers that change the loss least when only so
 * many of them are kept, as a sparse regression on examples' gradients ({@link SampleRegression}).
 *
 * <p>Weights go by hard thresholds: a gradient step, then only the largest stay. The paper refines
 * the values by coordinate descent or Woodbury's identity at the end. Here they are solved exactly
 * after each threshold, so that of the gradient only what calls pruned weights back is left; and
 * thresholds come down to the budget in some steps, as what a weight is worth depends on which
 * others are gone. What gradients tell holds near the weights as they were, so that answers which
 * it takes for equal are far apart where nearly all goes: of several, the loss picks one.
 */
public final class Chita implements WeightMethod {
  /** Where the first threshold lies on the way: what goes before it is small in any case. */
  private static final double SKIPPED = 0.25;

  private final int steps;
  private final int rounds;
  private final double damping;
  private final int tries;

  public Chita() {
    this(14, 1, 0.01, 8);
  }

  /** One way, judged by what gradients tell alone; see {@link #Chita(int, int, double, int)}. */
  Chita(int steps, int rounds, double damping) {
    this(steps, rounds, damping, 0);
  }

  /**
   * @param steps in how many thresholds the budget is reached
   * @param rounds how often weights that are gone may come back for others, at most
   * @param damping of the Fisher matrix, as a share of its mean diagonal
   * @param tries how many ways more are gone, each with half of the examples, to come to other
   *     supports; the loss says which is taken and how far weights move on it. 0: it isn't asked
   */
  Chita(int steps, int rounds, double damping, int tries) {
    this.steps = steps;
    this.rounds = rounds;
    this.damping = damping;
    this.tries = tries;
  }

  @Override
  public About about() {
    return About.of(
            "chita",
            "CHITA",
            "Finds the weights to keep and their new values together, over all layers at once, from"
                + " single examples' gradients; for small classifiers with some hundred labelled"
                + " examples, where it beats what looks at weights or layers alone.")
        .paper("Benbaki et al.", 2023, "arXiv:2302.14623")
        .patterns("unstructured")
        .needs("sample gradients", "loss");
  }

  @Override
  public Set<Need> needs() {
    return tries == 0 ? Set.of(Need.SAMPLE_GRADIENTS) : Set.of(Need.SAMPLE_GRADIENTS, Need.LOSS);
  }

  @Override
  public Map<String, Solution> prune(Task task) {
    try (var _ = new PointerScope()) {
      var problem = new SampleRegression(task.layers(), task.evidence(), damping);
      var largest = new LargestWeights(task);
      var thresholds = new Thresholds(largest, SKIPPED, steps);
      Support support = thresholds.descend(problem);
      thresholds.improve(problem, support, rounds);
      if (tries == 0) {
        return largest.solutions(support.weights(), support.kept());
      }
      var judge = new LeastLoss(task, largest);
      judge.consider(problem.start(), support);
      var random = new SplittableRandom(task.seed());
      for (int attempt = 0; attempt < tries; attempt++) {
        try (var _ = new PointerScope()) {
          BitSet half = half((int) problem.responses().numel(), random);
          Support other = thresholds.descend(problem.of(numbers(half)));
          half.flip(0, (int) problem.responses().numel());
          judge.ask(problem.start(), other, half);
          judge.consider(problem.start(), other);
          support.become(other.kept());
          judge.consider(problem.start(), support);
        }
      }
      return judge.best();
    }
  }

  /** Half of so many numbers. */
  private static BitSet half(int count, SplittableRandom random) {
    var half = new BitSet(count);
    int left = Math.ceilDiv(count, 2);
    for (int number = 0; left > 0; number++) {
      if (random.nextInt(count - number) < left) {
        half.set(number);
        left--;
      }
    }
    return half;
  }

  /** In their order: LONG, in the pointer scope around. */
  private static Tensor numbers(BitSet some) {
    long[] numbers = some.stream().asLongStream().toArray();
    return Libtorch.view(org.espalier.graph.Tensor.of(numbers, numbers.length));
  }
}
