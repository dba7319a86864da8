package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.espalier.torch.Mode;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;
import org.junit.jupiter.api.Test;

final class AdversarialExamplesTest {
  @Test
  void examplesStayNearInRangeAndCostMore() {
    var rule = new AdversarialExamples(0.05, 0.02, 4);
    List<Double> gains = new ArrayList<>();
    var look =
        new TrainingRule() {
          @Override
          public Tensor examples(Step step, Tensor examples, Tensor targets) {
            Tensor moved = rule.examples(step, examples, targets);
            double least = examples.min().item_double();
            double most = examples.max().item_double();
            double furthest = moved.sub(examples).abs().max().item_double();
            assertThat(furthest).isBetween(1e-3, 0.05 * (most - least) + 1e-5);
            assertThat(moved.min().item_double()).isGreaterThanOrEqualTo(least);
            assertThat(moved.max().item_double()).isLessThanOrEqualTo(most);
            gains.add(loss(step, moved, targets) - loss(step, examples, targets));
            return examples;
          }

          private double loss(Step step, Tensor examples, Tensor targets) {
            var network = step.network();
            return network.loss(network.show(examples, targets, Mode.EVAL, Set.of())).item_double();
          }
        };
    Rules.train(Rules.net(), Rules.options(1), Rules.digits(155), look);
    assertThat(gains).hasSize(5).allSatisfy(gain -> assertThat(gain).isPositive());
  }
}
