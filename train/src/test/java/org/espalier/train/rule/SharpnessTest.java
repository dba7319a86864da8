package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.espalier.graph.Model;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Layer;
import org.espalier.torch.Libtorch;
import org.espalier.train.Step;
import org.espalier.train.TrainingRule;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SharpnessTest {
  private static final AdaptiveSharpness PLAIN = new AdaptiveSharpness(0.01, 0.5, false, 9);

  @Test
  void theMostImportantNeuronHasTheLeastRadius() {
    float[] radii = PLAIN.radii(new float[] {0.2f, 1.2f, 0.7f, 0}, 0.2f, 1.2f);
    assertThat(radii[0]).isEqualTo(0.5f);
    assertThat(radii[1]).isEqualTo(0.01f);
    assertThat((double) radii[2]).isCloseTo(0.255, within(1e-6));
    assertThat(radii[3]).isEqualTo(0.5f);
  }

  /** Looks at the offsets that a rule gives. */
  private record Looking(AdaptiveSharpness rule) implements TrainingRule {
    @Override
    public Map<String, Tensor> offsets(Step step, Map<String, Tensor> gradients) {
      Map<String, Tensor> offsets = rule.offsets(step, gradients);
      float low = Float.POSITIVE_INFINITY;
      float high = 0;
      int alive = 0;
      for (Layer layer : step.layers()) {
        for (float importance : NeuronImportance.of(step, layer).floats()) {
          alive += importance > 0 ? 1 : 0;
          low = importance > 0 ? Math.min(low, importance) : low;
          high = Math.max(high, importance);
        }
      }
      for (Layer layer : step.layers()) {
        float[] radii = rule.radii(NeuronImportance.of(step, layer).floats(), low, high);
        var offset = Libtorch.copy(offsets.get(layer.weight()));
        var gradient = Libtorch.copy(gradients.get(layer.weight()));
        String bias = layer.node().input(2).orElseThrow();
        var biasOffset = Libtorch.copy(offsets.get(bias));
        var biasGradient = Libtorch.copy(gradients.get(bias));
        for (int row = 0; row < layer.rows(); row++) {
          double size = Math.pow(biasOffset.realAt(row), 2);
          double slope = Math.pow(biasGradient.realAt(row), 2);
          for (int column = 0; column < layer.columns(); column++) {
            size += Math.pow(offset.realAt(layer.index(row, column)), 2);
            slope += Math.pow(gradient.realAt(layer.index(row, column)), 2);
          }
          double radius = radii[row] / Math.sqrt(alive);
          assertThat(Math.sqrt(size)).isCloseTo(slope > 0 ? radius : 0, within(1e-4 * radius));
        }
      }
      return offsets;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mlpnet", "lenet-5"})
  void aNeuronsOffsetIsItsShareOfItsRadius(String net) {
    Rules.train(
        Zoo.build(net, 3),
        Rules.options(1),
        Rules.digits(62),
        new NeuronImportance(0.9),
        new Looking(PLAIN));
  }

  @Test
  void importanceIsTheFirstOrderChangeAveragedOverSteps() {
    long seed = SeededRandom.fresh().nextInt(1000);
    Model model = Zoo.build("mlpnet", seed);
    var expected = new HashMap<String, double[]>();
    var check =
        new TrainingRule() {
          @Override
          public Map<String, Tensor> offsets(Step step, Map<String, Tensor> gradients) {
            for (Layer layer : step.layers()) {
              String bias = layer.node().input(2).orElseThrow();
              var slope = Libtorch.copy(gradients.get(bias));
              var gradient = Libtorch.copy(gradients.get(layer.weight()));
              double[] means =
                  expected.computeIfAbsent(layer.weight(), _ -> new double[layer.rows()]);
              for (int row = 0; row < layer.rows(); row++) {
                double change = Libtorch.copy(step.parameters().get(bias)).realAt(row);
                change *= slope.realAt(row);
                for (int column = 0; column < layer.columns(); column++) {
                  int at = layer.index(row, column);
                  change += layer.tensor().floatAt(at) * gradient.realAt(at);
                }
                means[row] = 0.75 * means[row] + 0.25 * Math.abs(change);
                assertThat(NeuronImportance.of(step, layer).realAt(row))
                    .isCloseTo(means[row], within(1e-5 + 1e-3 * means[row]));
              }
            }
            return Map.of();
          }
        };
    Rules.train(model, Rules.options(1), Rules.digits(93), new NeuronImportance(0.75), check);
  }

  /** A normalised neuron's loss doesn't change with the length of its row, whatever it's worth. */
  @Test
  void importanceBehindABatchNormalisationIsReadOffItsScaleAndShift() {
    GraphBuilder g = GraphBuilder.of("normalised", SeededRandom.fresh().nextInt(1000));
    Value x = g.input("input", 1, 28, 28).conv("conv", 5, Conv.kernel(5).stride(3));
    x = x.batchNorm("norm").relu().globalAveragePool().flatten();
    Model model = g.output("logits", x.linear("fc", 10)).build();
    var check =
        new TrainingRule() {
          @Override
          public Map<String, Tensor> offsets(Step step, Map<String, Tensor> gradients) {
            Layer conv = step.layers().getFirst();
            var rows = Libtorch.copy(product(step, gradients, conv.weight()).reshape(5, -1).sum(1));
            List<String> affine =
                model
                    .graph()
                    .consumers()
                    .get(conv.node().outputs().getFirst())
                    .getFirst()
                    .inputs()
                    .subList(1, 3);
            Tensor gate = product(step, gradients, affine.get(0));
            var expected = Libtorch.copy(gate.add(product(step, gradients, affine.get(1))));
            var found = NeuronImportance.of(step, conv);
            for (int row = 0; row < 5; row++) {
              double importance = Math.abs(expected.realAt(row));
              assertThat(found.realAt(row)).isCloseTo(importance, within(1e-6 + 1e-4 * importance));
              assertThat(rows.realAt(row)).isCloseTo(0, within(1e-4));
            }
            assertThat(found.floats()).isNotEqualTo(new float[5]);
            return Map.of();
          }

          private Tensor product(Step step, Map<String, Tensor> gradients, String name) {
            return step.parameters().get(name).mul(gradients.get(name));
          }
        };
    Rules.train(model, Rules.options(1), Rules.digits(31), new NeuronImportance(0), check);
  }

  @Test
  void withoutARadiusItIsPlainTraining() {
    var data = Rules.digits(93);
    var plain = Rules.weights(Rules.train(Rules.net(), Rules.options(1), data));
    assertThat(
            Rules.weights(
                Rules.train(
                    Rules.net(),
                    Rules.options(1),
                    data,
                    new NeuronImportance(0.9),
                    new AdaptiveSharpness(0, 0, true, 9))))
        .isEqualTo(plain);
    assertThat(
            Rules.weights(
                Rules.train(Rules.net(), Rules.options(1), data, new Sharpness(0, true, 0))))
        .isEqualTo(plain);
  }

  @Test
  void equalRadiiDontAskWhoIsImportant() {
    var data = Rules.digits(93);
    var options =
        Rules.options(1)
            .withOptimizer(new Sgd(0, false, WeightDecay.NONE), new LearningRate.Constant(0.1));
    var same = new AdaptiveSharpness(0.1, 0.1, false, 9);
    var one = Rules.train(Rules.net(), options, data, new NeuronImportance(0.9), same);
    var other = Rules.train(Rules.net(), options, data, new NeuronImportance(0.1), same);
    assertThat(Rules.weights(one)).isEqualTo(Rules.weights(other));
    assertThat(Rules.weights(one))
        .isNotEqualTo(Rules.weights(Rules.train(Rules.net(), options, data)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oneRadiusIsTheNormOfAllOffsets(boolean relative) {
    var rule = new Sharpness(0.3, relative, 0);
    var check =
        new TrainingRule() {
          @Override
          public Map<String, Tensor> offsets(Step step, Map<String, Tensor> gradients) {
            double size = 0;
            for (var offset : rule.offsets(step, gradients).entrySet()) {
              Tensor scale = Sharpness.scale(step.parameters().get(offset.getKey()), relative);
              size += offset.getValue().div(scale).square().sum().item_double();
            }
            assertThat(Math.sqrt(size)).isCloseTo(0.3, within(1e-4));
            return Map.of();
          }
        };
    Rules.train(Rules.net(), Rules.options(1), Rules.digits(62), check);
  }
}
