package org.espalier.train.rule;

import java.util.Set;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.InvalidInputException;
import org.espalier.torch.Mode;
import org.espalier.train.Pass;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;

/**
 * The network as it was before the training teaches it (Hinton et al., 2015, arXiv:1503.02531): the
 * loss becomes {@code hard * loss + soft * T^2 * KL(softmax(t / T) || softmax(s / T))}, where t and
 * s are what teacher and student say.
 *
 * @param soft the weight of the teacher's word
 * @param temperature T
 * @param hard the weight of the loss as it is
 */
public record Distillation(double soft, double temperature, double hard) implements TrainingRule {
  public Distillation {
    if (!(soft > 0 && temperature > 0 && hard >= 0)) {
      throw new InvalidInputException(
          "a teacher's word weighs %s at temperature %s, the loss %s: expected more than 0, not less"
              .formatted(soft, temperature, hard));
    }
  }

  @Override
  public Tensor loss(Step step, Pass pass, Tensor loss) {
    Tensor said;
    try (var _ = new AutoGradMode(false)) {
      said =
          step.frozen(step.original())
              .show(pass.examples(), pass.targets(), Mode.EVAL, Set.of())
              .logits();
    }
    Tensor softened = divergence(said, pass.logits(), temperature).mul(new Scalar(soft));
    return hard == 0 ? softened : softened.add(loss, new Scalar(hard));
  }

  /** T² times the divergence, the mean over all but the classes, which are the last axis. */
  static Tensor divergence(Tensor teacher, Tensor student, double temperature) {
    Scalar t = new Scalar(temperature);
    Tensor wanted = teacher.div(t).log_softmax(-1);
    Tensor given = student.div(t).log_softmax(-1);
    Tensor each = wanted.exp().mul(wanted.sub(given)).sum(-1);
    return each.mean().mul(new Scalar(temperature * temperature));
  }
}
