package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Recipe;
import org.espalier.torch.Libtorch;
import org.espalier.train.FixedMasks;
import org.espalier.train.Step;
import org.espalier.train.Trained;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingRule;
import org.espalier.train.data.Dataset;
import org.espalier.train.optim.Adam;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.WeightDecay;
import org.espalier.train.rule.BaseDecay.Norm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BaseDecayTest {
  private static final Dataset DIGITS = Rules.digits(203);
  private static final int STEPS = 7; // 31 at a time
  private static final double RATE = 0.01;

  private final SeededRandom random = SeededRandom.fresh();
  private final Model start = Zoo.build("mlpnet", 3);
  private final Model base = Zoo.build("mlpnet", 4);

  private static TrainingOptions options(double beta1) {
    return Rules.options(1)
        .withOptimizer(
            new Adam(beta1, 0.999, 1e-8, WeightDecay.NONE), new LearningRate.Cosine(RATE, 0));
  }

  private static double rate(int step) {
    return options(0).rate().at(step, STEPS, STEPS);
  }

  private Trained train(Model model, double beta1, TrainingRule... rules) {
    return Rules.train(model, options(beta1), DIGITS, rules);
  }

  private BaseDecay towards(double rate, Norm norm) {
    return new BaseDecay(rate, norm, Optional.of(base));
  }

  /** What the loss says from a step on is nothing. */
  private record Silent(long from) implements TrainingRule {
    @Override
    public void beforeUpdate(Step step, Map<String, org.bytedeco.pytorch.Tensor> gradients) {
      if (step.index() >= from) {
        gradients.values().forEach(gradient -> gradient.mul_(new Scalar(0.0)));
      }
    }
  }

  private static double gap(Map<String, Tensor> weights, Model base, String name, int k) {
    return weights.get(name).realAt(k) - base.graph().initializers().get(name).realAt(k);
  }

  private void assertGaps(Trained trained, DoubleUnaryOperator expected) {
    Map<String, Tensor> before = start.graph().initializers();
    Map<String, Tensor> after = Rules.weights(trained);
    before.forEach(
        (name, tensor) -> {
          for (int k = 0; k < tensor.size(); k++) {
            double wanted = expected.applyAsDouble(gap(before, base, name, k));
            assertThat(gap(after, base, name, k)).isCloseTo(wanted, within(1e-6));
          }
        });
  }

  /** No gradient ever: v is zero, the learning rate itself counts, as in the authors' code. */
  @Test
  void withoutGradientsTheDistanceShrinksGeometrically() {
    double decay = 20 * random.nextDouble();
    double share = 1;
    for (int step = 0; step < STEPS; step++) {
      share *= 1 - rate(step) * decay;
    }
    double left = share;
    assertGaps(train(start, 0.9, new Silent(0), towards(decay, Norm.L2)), gap -> gap * left);
  }

  @Test
  void withoutGradientsTheDistanceShrinksEvenlyUnderL1() {
    double decay = random.nextDouble();
    double sum = 0;
    for (int step = 0; step < STEPS; step++) {
      sum += rate(step) * decay;
    }
    double most = sum;
    assertGaps(
        train(start, 0.9, new Silent(0), towards(decay, Norm.L1)),
        gap -> Math.signum(gap) * Math.max(0, Math.abs(gap) - most));
  }

  @ParameterizedTest
  @EnumSource
  void noWeightGoesBeyondTheBase(Norm norm) {
    assertGaps(train(start, 0.9, new Silent(0), towards(1e6, norm)), _ -> 0);
  }

  /** Gradients that stop: v is what is left of them, and Adam without momentum stands still. */
  @Test
  void onceGradientsStopTheDistanceShrinksByTheirMeanSquare() {
    var gaps = new ArrayList<Double>();
    var squares = new ArrayList<Double>();
    var size = new ArrayList<Integer>();
    train(
        start,
        0,
        new Silent(1),
        towards(0.003, Norm.L2),
        new Rules.After(
            (step, _) -> {
              double sum = 0;
              int count = 0;
              double gap = 0;
              for (String name : step.parameters().keySet()) {
                for (int k = 0; k < step.weights().get(name).size(); k++) {
                  sum += step.slots(name).get(1).realAt(k);
                  gap += Math.abs(gap(step.weights(), base, name, k));
                  count++;
                }
              }
              squares.add(sum);
              gaps.add(gap);
              size.add(count);
            }));
    for (int step = 1; step < STEPS; step++) {
      double v = squares.getFirst() * Math.pow(0.999, step);
      double mean = v / size.getFirst() / (1 - Math.pow(0.999, step + 1.0));
      double left = 1 - rate(step) * 0.003 / Math.sqrt(mean);
      assertThat(left).isBetween(0.0, 1.0);
      assertThat(gaps.get(step) / gaps.get(step - 1)).isCloseTo(left, within(1e-5));
    }
  }

  /** Gradients of our own, told to the training and to a twin in plain arithmetic. */
  private record Told(List<Map<String, Tensor>> gradients) implements TrainingRule {
    @Override
    public void beforeUpdate(Step step, Map<String, org.bytedeco.pytorch.Tensor> found) {
      found.forEach(
          (name, gradient) ->
              gradient.copy_(
                  Libtorch.view(gradients.get((int) step.index()).get(name))
                      .reshape(gradient.sizes())));
    }
  }

  @ParameterizedTest
  @EnumSource
  void agreesWithATwinInPlainArithmetic(Norm norm) {
    Model sparse = Recipe.named("magnitude").sparsity(0.4).apply(start).model();
    Masks masks = Masks.ofNonzeros(Layers.of(sparse).layers());
    Map<String, Tensor> before = sparse.graph().initializers();
    var told = new ArrayList<Map<String, Tensor>>();
    for (int step = 0; step < STEPS; step++) {
      var gradients = new HashMap<String, Tensor>();
      before.forEach((name, weight) -> gradients.put(name, random.gaussian(weight.dims())));
      told.add(gradients);
    }
    double decay = norm == Norm.L1 ? 0.3 : 5;
    Map<String, Tensor> after =
        Rules.weights(
            train(sparse, 0.9, new FixedMasks(masks), new Told(told), towards(decay, norm)));
    Map<String, double[]> wanted = twin(before, masks, told, decay, norm);
    before
        .keySet()
        .forEach(
            name -> {
              for (int k = 0; k < wanted.get(name).length; k++) {
                assertThat(after.get(name).realAt(k))
                    .as(name)
                    .isCloseTo(wanted.get(name)[k], within(1e-5));
                if (!alive(masks, name, k)) {
                  assertThat(Float.floatToRawIntBits(after.get(name).floatAt(k))).isZero();
                }
              }
            });
  }

  private static boolean alive(Masks masks, String name, int k) {
    Mask mask = masks.byWeight().get(name);
    return mask == null || mask.keeps(k);
  }

  private Map<String, double[]> twin(
      Map<String, Tensor> before,
      Masks masks,
      List<Map<String, Tensor>> told,
      double decay,
      Norm norm) {
    var weights = new LinkedHashMap<String, double[]>();
    var means = new HashMap<String, double[]>();
    var squares = new HashMap<String, double[]>();
    before.forEach(
        (name, weight) -> {
          double[] values = new double[(int) weight.size()];
          for (int k = 0; k < values.length; k++) {
            values[k] = weight.realAt(k);
          }
          weights.put(name, values);
          means.put(name, new double[values.length]);
          squares.put(name, new double[values.length]);
        });
    for (int step = 0; step < told.size(); step++) {
      double firstShare = 1 - Math.pow(0.9, step + 1.0);
      double secondShare = 1 - Math.pow(0.999, step + 1.0);
      double sum = 0;
      long count = 0;
      for (String name : weights.keySet()) {
        for (int k = 0; k < weights.get(name).length; k++) {
          if (alive(masks, name, k)) {
            double gradient = told.get(step).get(name).realAt(k);
            means.get(name)[k] = 0.9 * means.get(name)[k] + 0.1 * gradient;
            squares.get(name)[k] = 0.999 * squares.get(name)[k] + 0.001 * gradient * gradient;
            sum += squares.get(name)[k] / secondShare;
            count++;
          }
        }
      }
      double strength = rate(step) * decay / Math.sqrt(sum / count);
      for (String name : weights.keySet()) {
        double[] values = weights.get(name);
        for (int k = 0; k < values.length; k++) {
          if (alive(masks, name, k)) {
            double gap = values[k] - base.graph().initializers().get(name).realAt(k);
            values[k] -=
                norm == Norm.L2
                    ? Math.min(1, strength) * gap
                    : Math.signum(gap) * Math.min(strength, Math.abs(gap));
            double mean = means.get(name)[k] / firstShare;
            values[k] -= rate(step) * mean / (Math.sqrt(squares.get(name)[k] / secondShare) + 1e-8);
          }
        }
      }
    }
    return weights;
  }

  @ParameterizedTest
  @EnumSource
  void withoutDecayItIsAdamBitForBit(Norm norm) {
    Map<String, Tensor> plain = Rules.weights(train(start, 0.9));
    assertThat(Rules.weights(train(start, 0.9, towards(0, norm)))).isEqualTo(plain);
    assertThat(Rules.weights(train(start, 0.9, towards(1e-3, norm)))).isNotEqualTo(plain);
  }

  @Test
  void theBaseIsTheNetworkAsItBegan() {
    var given = new BaseDecay(0.01, Norm.L2, Optional.of(start));
    var own = new BaseDecay(0.01, Norm.L2, Optional.empty());
    assertThat(Rules.weights(train(start, 0.9, own)))
        .isEqualTo(Rules.weights(train(start, 0.9, given)));
  }

  @Test
  void whatIsNotTrainedStaysAsItIs() {
    Map<String, Tensor> after =
        Rules.weights(train(start, 0.9, PartialTraining.parse("head"), towards(0.1, Norm.L2)));
    var moved = new TreeSet<String>();
    after.forEach(
        (name, weight) -> {
          if (!weight.equals(start.graph().initializers().get(name))) {
            moved.add(name);
          }
        });
    assertThat(moved).hasSize(2).allMatch(name -> name.startsWith("fc3"));
  }

  @Test
  void weightsThatTheBaseLacksAreFree() {
    Model larger = Zoo.build("lenet-300-100", 1);
    Tensor bias = random.gaussian(10); // all that the two have in common
    Model other = larger.withGraph(larger.graph().replacing(Map.of("fc3.bias", bias)));
    var missing = new BaseDecay(0.1, Norm.L2, Optional.of(other));
    Map<String, Tensor> after = Rules.weights(train(start, 0.9, new Silent(0), missing));
    start
        .graph()
        .initializers()
        .forEach(
            (name, weight) -> {
              Tensor old = other.graph().initializers().get(name);
              boolean there = old != null && old.shape().equals(weight.shape());
              assertThat(weight.equals(after.get(name))).as(name).isEqualTo(!there);
            });
  }

  @Test
  void aBaseWithoutAnyOfTheWeightsIsRefused() {
    var foreign = new BaseDecay(0.1, Norm.L2, Optional.of(Zoo.build("lenet-5", 1)));
    assertThatThrownBy(() -> train(start, 0.9, foreign))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("the base has none of the network's 6 weights");
  }

  @Test
  void anotherBaseIsAnotherTraining() {
    assertThat(towards(0.1, Norm.L2).describe())
        .isNotEqualTo(new BaseDecay(0.1, Norm.L2, Optional.of(start)).describe())
        .isNotEqualTo(new BaseDecay(0.1, Norm.L2, Optional.empty()).describe())
        .isNotEqualTo(towards(0.1, Norm.L1).describe());
  }
}
