package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Pattern;
import org.espalier.train.Loss;
import org.espalier.train.Trained;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingRule;
import org.espalier.train.data.TensorDataset;
import org.espalier.train.optim.Clipping;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.junit.jupiter.api.Test;

class BayesFactorTest {
  private static final long SIZE = Layers.of(Rules.net()).size();

  private static List<Long> pruned(double odds) {
    var counts = new ArrayList<Long>();
    var rule = new BayesFactor(0.9, odds, 5, new Pattern.Unstructured(), Allocation.UNIFORM);
    Trained trained =
        Rules.train(
            Rules.net(),
            Rules.options(2),
            Rules.digits(403),
            rule,
            new Rules.After((step, index) -> counts.add(step.masks().pruned())));
    assertThat(trained.masks().pruned()).isEqualTo(Math.round(0.9 * SIZE));
    return counts;
  }

  @Test
  void whatIsRefusedWaitsAndTheTargetIsMetInTheEnd() {
    List<Long> refused = pruned(Double.POSITIVE_INFINITY); // no odds are as good
    List<Long> taken = pruned(0); // any will do
    int early = refused.size() / 7;
    assertThat(refused.get(early)).isZero();
    assertThat(taken.get(early)).isPositive();
    assertThat(refused).isSorted();
    assertThat(new TreeSet<>(taken)).hasSizeGreaterThan(4);
  }

  @Test
  void removingNothingChangesNoOdds() {
    Rules.train(
        Rules.net(),
        Rules.options(1),
        Rules.digits(62),
        new Rules.After(
            (step, index) -> {
              var all = new LinkedHashMap<String, Mask>();
              step.layers().forEach(l -> all.put(l.weight(), Mask.all(l.size())));
              assertThat(BayesFactor.logFactor(step, new Masks(all))).isZero();
            }));
  }

  /** y of two outputs is x W with noise of variance 1. */
  private static final int EXAMPLES = 40;

  private final SeededRandom random = SeededRandom.fresh();
  private final Tensor x = random.gaussian(EXAMPLES, 6);

  private Model linear(Tensor weights) {
    GraphBuilder builder = GraphBuilder.of("linear", 1);
    Model model = builder.output("y", builder.input("x", 6).linear("a", 2)).build();
    return model.withGraph(Constants.replace(model.graph(), Map.of("a.weight", weights)));
  }

  private static double answer(Tensor x, int example, Tensor weights, int output) {
    return IntStream.range(0, 6)
        .mapToDouble(k -> x.realAt(example * 6 + k) * weights.realAt(output * 6 + k))
        .sum();
  }

  /** Runs training steps of no length on the linear network, with the noise times a factor. */
  private void still(Tensor weights, double noise, TrainingRule... rules) {
    Tensor y = random.gaussian(EXAMPLES, 2);
    for (int n = 0; n < EXAMPLES * 2; n++) {
      y.setReal(n, noise * y.realAt(n) + answer(x, n / 2, weights, n % 2));
    }
    targets = y;
    var options =
        new TrainingOptions(
            1,
            8,
            new Loss.MeanSquares(),
            new Sgd(0, false, WeightDecay.NONE),
            new LearningRate.Constant(1e-30),
            Clipping.NONE,
            0,
            5,
            1,
            Optional.empty());
    Rules.train(linear(weights), options, TensorDataset.regression(x, y), rules);
  }

  private Tensor targets;

  private double logJoint(Tensor weights, double variance) {
    double sum = 0;
    for (int n = 0; n < EXAMPLES; n++) {
      for (int output = 0; output < 2; output++) {
        double off = targets.realAt(n * 2 + output) - answer(x, n, weights, output);
        sum -= (off * off + Math.log(2 * Math.PI)) / 2;
      }
    }
    for (int k = 0; k < 12; k++) {
      double w = weights.realAt(k);
      sum -= w * w / (2 * variance) + Math.log(2 * Math.PI * variance) / 2;
    }
    return sum;
  }

  @Test
  void theFactorOfALinearGaussianModelIsItsClosedForm() {
    Tensor weights = random.gaussian(2, 6);
    boolean[] keeps = new boolean[12];
    IntStream.range(0, 12).forEach(k -> keeps[k] = k == 3 || random.nextBoolean());
    Mask mask = Mask.of(keeps);
    double variance =
        IntStream.range(0, 12).mapToDouble(weights::realAt).map(w -> w * w / 12).sum();
    var found = new ArrayList<Double>();
    still(
        weights,
        1,
        new Rules.After(
            (step, _) ->
                found.add(BayesFactor.logFactor(step, new Masks(Map.of("a.weight", mask))))));
    double expected = logJoint(mask.apply(weights), variance) - logJoint(weights, variance);
    assertThat(found).hasSize(5);
    assertThat(found.getFirst()).isCloseTo(expected, within(1e-4 * (1 + Math.abs(expected))));
  }

  @Test
  void aWeightThatIsZeroAlreadyChangesNoOdds() {
    Tensor weights = random.gaussian(2, 6);
    weights.setFloat(4, 0);
    boolean[] keeps = new boolean[12];
    IntStream.range(0, 12).forEach(k -> keeps[k] = k != 4);
    var without = new Masks(Map.of("a.weight", Mask.of(keeps)));
    still(
        weights,
        1,
        new Rules.After(
            (step, _) ->
                assertThat(BayesFactor.logFactor(step, without)).isCloseTo(0, within(1e-30))));
  }

  /** All weights are needed, and the data say so clearly. */
  @Test
  void whatDestroysThePredictorIsRefused() {
    Tensor weights = random.gaussian(2, 6);
    for (int k = 0; k < 12; k++) {
      weights.setFloat(k, Math.signum(weights.floatAt(k)) * (5 + k));
    }
    var rule = new BayesFactor(0.5, 1, 9, new Pattern.Unstructured(), Allocation.UNIFORM);
    var pruned = new ArrayList<Long>();
    still(weights, 0, rule, new Rules.After((step, _) -> pruned.add(step.masks().pruned())));
    assertThat(pruned.getFirst()).as("a proposal that isn't overdue").isZero();
  }
}
