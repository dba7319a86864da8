package org.espalier.train.rule;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.Libtorch;
import org.espalier.train.Pass;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * No class may lose much more accuracy than the average (Hashemizadeh et al., 2024,
 * arXiv:2310.20673). The excess gap of class g is {@code psi_g = (A0_g - A_g) - (A0 - A)}, against
 * the network before the training. Each has a multiplier that grows while it is above the tolerance
 * and shrinks, never below zero, while it isn't. The accuracies are those of the last examples of
 * each class that were seen; gradients come from {@code sum over g of lambda_g * (L_g - L)} with
 * the losses of the batch. (The dense losses that the paper subtracts have no gradient.)
 *
 * <p>Where a constraint can't be met, a class whose weights are gone, its multiplier would grow on
 * and on, and with a sum of more than one the losses of all other classes count negatively: the
 * network would unlearn them. So the sum has a bound, which the paper does without; multipliers
 * that would exceed it shrink in proportion.
 *
 * @param tolerance how much above the average a class may lose, from 0 to 1
 * @param rate of the multipliers
 * @param most that all multipliers may sum up to, from 0 to 1
 * @param window how many examples of a class are remembered
 * @param from the first step that is constrained
 */
public record DisparateImpact(double tolerance, double rate, double most, int window, long from)
    implements TrainingRule {
  private static final long NONE = 0;
  private static final long IGNORED = -100;

  public DisparateImpact {
    if (!(tolerance >= 0 && rate > 0 && most > 0 && most <= 1) || window < 1) {
      throw new InvalidInputException(
          ("a tolerance of %s with multipliers at rate %s up to %s over %d examples: expected 0 or"
                  + " more, more than 0, at most 1, 1 or more")
              .formatted(tolerance, rate, most, window));
    }
  }

  @Override
  public void begin(Step step) {
    int classes = step.data().classes();
    if (!step.data().isLabelled()) {
      throw new InvalidInputException("disparate impact needs a class for each example");
    }
    long[] right = new long[classes];
    long[] seen = new long[classes];
    step.survey(
        pass -> {
          Answers answers = Answers.of(pass);
          for (int k = 0; k < answers.size(); k++) {
            seen[answers.labels()[k]]++;
            right[answers.labels()[k]] += answers.right()[k] ? 1 : 0;
          }
        });
    double all = Arrays.stream(seen).sum();
    for (int g = 0; g < classes; g++) {
      dense(step).setReal(g, seen[g] == 0 ? 0 : (double) right[g] / seen[g]);
      shares(step).setReal(g, seen[g] / all);
    }
  }

  private static org.espalier.graph.Tensor dense(Step step) {
    return step.memory("impact/dense", DataType.DOUBLE, step.data().classes());
  }

  private static org.espalier.graph.Tensor shares(Step step) {
    return step.memory("impact/shares", DataType.DOUBLE, step.data().classes());
  }

  /** The multipliers, one for each class. */
  static org.espalier.graph.Tensor multipliers(Step step) {
    return step.memory("impact/multipliers", DataType.DOUBLE, step.data().classes());
  }

  private static double[] reals(org.espalier.graph.Tensor tensor) {
    return IntStream.range(0, (int) tensor.size()).mapToDouble(tensor::realAt).toArray();
  }

  @Override
  public void observe(Step step, Pass pass) {
    if (step.index() < from) {
      return;
    }
    int classes = step.data().classes();
    Recent recent = Recent.of(step, "impact", classes, window);
    Answers answers = Answers.of(pass);
    for (int k = 0; k < answers.size(); k++) {
      recent.add(answers.labels()[k], answers.right()[k]);
    }
    double[] now = IntStream.range(0, classes).mapToDouble(recent::accuracy).toArray();
    boolean[] full = new boolean[classes];
    for (int g = 0; g < classes; g++) {
      full[g] = recent.isFull(g);
    }
    double[] gaps = gaps(reals(dense(step)), now, reals(shares(step)), full);
    double[] multipliers = reals(multipliers(step));
    for (int g = 0; g < classes; g++) {
      multipliers[g] = full[g] ? moved(multipliers[g], gaps[g]) : multipliers[g];
    }
    double[] bounded = bounded(multipliers);
    for (int g = 0; g < classes; g++) {
      multipliers(step).setReal(g, bounded[g]);
    }
  }

  /**
   * The excess gap of each group whose accuracy is known. Averages are over these groups alone, so
   * that the gaps, weighted by the groups' shares, always sum up to zero.
   */
  static double[] gaps(double[] dense, double[] now, double[] shares, boolean[] known) {
    double lost = 0;
    double share = 0;
    for (int g = 0; g < now.length; g++) {
      if (known[g]) {
        lost += shares[g] * (dense[g] - now[g]);
        share += shares[g];
      }
    }
    double[] gaps = new double[now.length];
    for (int g = 0; g < now.length; g++) {
      gaps[g] = known[g] ? dense[g] - now[g] - lost / share : 0;
    }
    return gaps;
  }

  /** A multiplier after a step up where its gap is too large, down where it isn't. */
  double moved(double multiplier, double gap) {
    return Math.max(0, multiplier + rate * (gap - tolerance));
  }

  /** Multipliers that sum up to what they may, in their proportions where that is less. */
  double[] bounded(double[] multipliers) {
    double sum = Arrays.stream(multipliers).sum();
    double share = sum > most ? most / sum : 1;
    return Arrays.stream(multipliers).map(lambda -> lambda * share).toArray();
  }

  @Override
  public Tensor loss(Step step, Pass pass, Tensor loss) {
    double[] multipliers = reals(multipliers(step));
    if (Arrays.stream(multipliers).allMatch(lambda -> lambda == 0)) {
      return loss;
    }
    float[] weights = weights(Answers.of(pass).labels(), multipliers);
    Tensor each =
        torch.cross_entropy_loss(
            pass.logits(), pass.targets(), new TensorOptional(), NONE, IGNORED, 0);
    return loss.add(each.mul(Libtorch.view(org.espalier.graph.Tensor.of(weights))).sum());
  }

  /** What each example's loss counts in the sum of multipliers times {@code L_g - L}. */
  static float[] weights(int[] labels, double[] multipliers) {
    long[] counts = new long[multipliers.length];
    Arrays.stream(labels).forEach(label -> counts[label]++);
    double present = 0;
    for (int g = 0; g < counts.length; g++) {
      present += counts[g] > 0 ? multipliers[g] : 0;
    }
    float[] weights = new float[labels.length];
    for (int k = 0; k < weights.length; k++) {
      int g = labels[k];
      weights[k] = (float) (multipliers[g] / counts[g] - present / weights.length);
    }
    return weights;
  }
}
