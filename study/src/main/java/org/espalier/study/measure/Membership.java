package org.espalier.study.measure;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.espalier.graph.InvalidInputException;

/**
 * How well one can tell what a network was trained on (Wang et al., 2021; the attack is Yeom et
 * al.'s, 2018): an example counts as a member where its loss is below a threshold. As many members
 * are drawn from the training part as others from the test part. The threshold is the best on one
 * half and is judged on the other, both ways round: 50% is no leak. The best threshold on all has
 * the accuracy {@code 1/2 + KS/2}, KS the largest distance of the two distributions of losses.
 */
final class Membership implements Measurement.OfOne {
  @Override
  public String name() {
    return "membership";
  }

  @Override
  public String title() {
    return "how well losses tell what it was trained on";
  }

  @Override
  public Findings of(Subject subject) {
    subject.training().classes(name());
    Answers members = subject.answers(subject.training());
    Answers others = subject.answers(subject.testing());
    return of(members.exampleLosses(), others.exampleLosses(), subject.settings().seed())
        .and("trainingAccuracy", members.accuracy())
        .and("testAccuracy", others.accuracy())
        .noted("it holds where the training part is what the network was trained on");
  }

  /** The attack on the losses of members and of as many others; those left over aren't used. */
  static Findings of(double[] members, double[] others, long seed) {
    int count = Math.min(members.length, others.length);
    if (count < 2) {
      throw new InvalidInputException(
          "an attack on %d members and %d others, expected 2 or more of both"
              .formatted(members.length, others.length));
    }
    var random = new SplittableRandom(seed);
    double[] in = drawn(members, count, random);
    double[] out = drawn(others, count, random);
    int half = count / 2;
    double[][] first = {Arrays.copyOf(in, half), Arrays.copyOf(out, half)};
    double[][] second = {Arrays.copyOfRange(in, half, count), Arrays.copyOfRange(out, half, count)};
    double attack = (judged(best(first), second) + judged(best(second), first)) / 2;
    double[][] all = {in, out};
    double threshold = best(all);
    return Findings.NONE
        .and("attackAccuracy", 100 * attack)
        .and("bestThresholdAccuracy", 100 * judged(threshold, all))
        .and("threshold", threshold)
        .and("members", count);
  }

  private static double[] drawn(double[] losses, int count, SplittableRandom random) {
    return Arrays.stream(Sample.drawn(losses.length, count, random))
        .mapToDouble(k -> losses[k])
        .toArray();
  }

  /** The threshold of highest accuracy: the lowest of several. */
  static double best(double[][] losses) {
    double[] candidates = Arrays.stream(losses).flatMapToDouble(Arrays::stream).toArray();
    Arrays.sort(candidates);
    double[] in = losses[0].clone();
    double[] out = losses[1].clone();
    Arrays.sort(in);
    Arrays.sort(out);
    double best = candidates[0];
    int most = 0;
    int below = 0;
    int wrongly = 0;
    for (double each : candidates) {
      double threshold = Math.nextUp(each);
      while (below < in.length && in[below] < threshold) {
        below++;
      }
      while (wrongly < out.length && out[wrongly] < threshold) {
        wrongly++;
      }
      if (below - wrongly > most) {
        most = below - wrongly;
        best = threshold;
      }
    }
    return best;
  }

  /** The share of members and others that a threshold tells right, as many of both. */
  private static double judged(double threshold, double[][] losses) {
    long in = Arrays.stream(losses[0]).filter(loss -> loss < threshold).count();
    long out = Arrays.stream(losses[1]).filter(loss -> loss >= threshold).count();
    return (double) in / losses[0].length / 2 + (double) out / losses[1].length / 2;
  }
}
