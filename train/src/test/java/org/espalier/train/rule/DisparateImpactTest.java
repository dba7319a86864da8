package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Recipe;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.junit.jupiter.api.Test;

final class DisparateImpactTest {
  private static final DisparateImpact RULE = new DisparateImpact(0.02, 0.5, 1, 5, 0);

  @Test
  void theGapsOfTwoGroups() {
    double[] gaps =
        DisparateImpact.gaps(
            new double[] {0.90, 0.80},
            new double[] {0.80, 0.78},
            new double[] {0.5, 0.5},
            new boolean[] {true, true});
    assertThat(gaps[0]).isCloseTo(0.04, within(1e-12));
    assertThat(gaps[1]).isCloseTo(-0.04, within(1e-12));
    assertThat(RULE.moved(0, gaps[0])).isCloseTo(0.5 * 0.02, within(1e-12));
    assertThat(RULE.moved(1, gaps[1])).isCloseTo(1 - 0.5 * 0.06, within(1e-12));
  }

  @Test
  void theMultiplierOfWhatIsMetDecaysToZero() {
    double multiplier = 0.1;
    for (int k = 0; k < 100; k++) {
      double moved = RULE.moved(multiplier, 0.01);
      assertThat(moved).isBetween(0.0, multiplier);
      multiplier = moved;
    }
    assertThat(multiplier).isZero();
  }

  @Test
  void multipliersShrinkInProportionToWhatTheyMaySumUpTo() {
    assertThat(RULE.bounded(new double[] {0.5, 0, 0.25})).containsExactly(0.5, 0, 0.25);
    assertThat(RULE.bounded(new double[] {3, 0, 1})).containsExactly(0.75, 0, 0.25);
  }

  @Test
  void noExampleCountsNegativelyBesideThePlainLoss() {
    var random = SeededRandom.fresh();
    double[] bounded = RULE.bounded(random.doubles(5, 0, 9).toArray());
    int[] labels = random.ints(23, 0, 5).toArray();
    for (float weight : DisparateImpact.weights(labels, bounded)) {
      assertThat(weight + 1.0 / labels.length).isGreaterThan(-1e-6);
    }
  }

  @Test
  void gapsWeightedBySharesSumUpToZero() {
    var random = SeededRandom.fresh();
    double[] dense = random.doubles(7).toArray();
    double[] now = random.doubles(7).toArray();
    double[] shares = random.doubles(7).toArray();
    boolean[] known = {true, false, true, true, true, false, true};
    double[] gaps = DisparateImpact.gaps(dense, now, shares, known);
    double sum = 0;
    for (int g = 0; g < 7; g++) {
      sum += shares[g] * gaps[g];
    }
    assertThat(sum).isCloseTo(0, within(1e-12));
    assertThat(gaps[1]).isZero();
  }

  @Test
  void examplesCountAsMultipliersTimesTheirGroupsExcess() {
    float[] weights = DisparateImpact.weights(new int[] {0, 2, 0, 3}, new double[] {1, 5, 2, 0});
    // Of the groups that are there: 1 * (L_0 - L) + 2 * (L_2 - L).
    double each = 3.0 / 4;
    assertThat(weights)
        .containsExactly(
            (float) (0.5 - each), (float) (2 - each), (float) (0.5 - each), (float) -each);
  }

  @Test
  void theLastFewAnswersOfEachGroup() {
    var recent =
        new Recent(Tensor.allocate(DataType.DOUBLE, 2, 3), Tensor.allocate(DataType.DOUBLE, 2));
    for (boolean right : new boolean[] {true, false}) {
      recent.add(1, right);
    }
    assertThat(recent.isFull(1)).isFalse();
    assertThat(recent.accuracy(1)).isEqualTo(0.5);
    for (boolean right : new boolean[] {true, true, true}) {
      recent.add(1, right);
    }
    assertThat(recent.isFull(1)).isTrue();
    assertThat(recent.accuracy(1)).isEqualTo(1);
    assertThat(recent.isFull(0)).isFalse();
  }

  @Test
  void withMultipliersAtZeroItIsPlainTraining() {
    var data = Rules.digits(311);
    var plain = Rules.train(Rules.net(), Rules.options(1), data);
    var free =
        Rules.train(Rules.net(), Rules.options(1), data, new DisparateImpact(2, 0.01, 1, 5, 0));
    assertThat(Rules.weights(free)).isEqualTo(Rules.weights(plain));
  }

  @Test
  void multipliersReactToALossOfAccuracy() {
    var data = Rules.digits(311);
    var slow =
        Rules.options(2)
            .withOptimizer(new Sgd(0, false, WeightDecay.NONE), new LearningRate.Constant(1e-6));
    var trained = Rules.train(Rules.net(), Rules.options(10), data).model();
    List<Double> most = new ArrayList<>();
    var look =
        new Rules.After(
            (step, _) -> {
              Tensor multipliers = DisparateImpact.multipliers(step);
              double max = 0;
              for (int g = 0; g < 10; g++) {
                assertThat(multipliers.realAt(g)).isNotNegative();
                max = Math.max(max, multipliers.realAt(g));
              }
              most.add(max);
            });
    var damaged = Recipe.named("magnitude").sparsity(0.97).apply(trained).masks();
    Rules.train(
        trained,
        slow,
        data,
        new DisparateImpact(0.02, 0.1, 1, 5, 0),
        new org.espalier.train.FixedMasks(damaged),
        look);
    assertThat(most.getLast()).isPositive();
  }
}
