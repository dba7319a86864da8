package org.espalier.train.rule;

import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.Mode;
import org.espalier.train.Pass;
import org.espalier.train.Sample;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;
import org.espalier.train.data.Dataset;

/**
 * A game against an attacker who tells from a network's answer and the label whether the example
 * was learned from (Nasr et al., 2018, arXiv:1807.05852). In every step the attacker improves on
 * {@code log h(member) + log(1 - h(other))}; the network's loss gets {@code weight * log
 * h(member)}.
 *
 * @param others examples that aren't learned from
 * @param weight of the attacker's gain
 * @param rate of the attacker's gradient steps
 * @param width of the attacker's hidden layer
 */
public record MembershipGame(Dataset others, double weight, double rate, int width)
    implements TrainingRule {
  public MembershipGame {
    if (!(weight >= 0 && rate > 0) || width < 1 || others.size() == 0) {
      throw new InvalidInputException(
          "a game of weight %s against %d units at rate %s, with %d examples that aren't learned"
              .formatted(weight, width, rate, others.size()));
    }
  }

  @Override
  public String describe() {
    return "membership game of weight %s against %d units at rate %s, others %s"
        .formatted(weight, width, rate, others.hash());
  }

  @Override
  public void begin(Step step) {
    if (!step.data().isLabelled()) {
      throw new InvalidInputException("the membership game needs one label for each example");
    }
    attacker(step).draw(step.seed());
  }

  private Attacker attacker(Step step) {
    return Attacker.of(step, step.data().classes(), width);
  }

  @Override
  public void observe(Step step, Pass pass) {
    if (weight == 0) {
      return;
    }
    int[] drawn = new int[(int) pass.size()];
    var random = new SplittableRandom(step.seed());
    Arrays.setAll(drawn, _ -> random.nextInt(others.size()));
    Sample sample = step.sample(others, drawn, step.seed());
    // Both in the same mode, or the attacker would learn to tell the modes apart.
    Pass members = step.network().show(pass.examples(), pass.targets(), Mode.EVAL, Set.of());
    Pass strangers = step.network().show(sample.examples(), sample.targets(), Mode.EVAL, Set.of());
    try (var _ = new AutoGradMode(true)) {
      attacker(step).improve(members, strangers, rate);
    }
  }

  @Override
  public Tensor loss(Step step, Pass pass, Tensor loss) {
    if (weight == 0) {
      return loss;
    }
    Tensor gain = torch.log_sigmoid(attacker(step).judge(pass)).mean();
    return loss.add(gain, new Scalar(weight));
  }
}
