package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.graph.Constants;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Delta;
import org.espalier.prune.Goal;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Nets;
import org.espalier.prune.OneLayer;
import org.espalier.prune.Outcome;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.Solution;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.torch.TorchModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pruning what fine-tuning changed. */
class DeltaTest {
  private final SeededRandom random = SeededRandom.fresh();
  private final Model base = Nets.mixed(1);
  private final Model tuned = tuned();
  private final Calibration data = Nets.calibration(2, 60);

  /** The base with every weight a little off. */
  private Model tuned() {
    var changed = new LinkedHashMap<String, Tensor>();
    Constants.of(base.graph())
        .forEach(
            (name, weight) -> {
              Tensor off = weight.copy();
              for (long k = 0; k < off.size(); k++) {
                off.setReal(k, off.realAt(k) + 0.05 * random.nextGaussian());
              }
              changed.put(name, off);
            });
    return base.withGraph(Constants.replace(base.graph(), changed));
  }

  private Outcome prune(String method, double sparsity, long seed) {
    Set<String> weights =
        Layers.of(tuned).layers().stream().map(Layer::weight).collect(Collectors.toSet());
    try (Evidence evidence = Evidence.of(tuned, weights, data)) {
      Recipe recipe = Recipe.named(method).sparsity(sparsity).seed(seed);
      return new Delta(tuned, base).prune(recipe, evidence);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"magnitude", "wanda", "sparsegpt", "snip", "dare", "darex", "darex-layer"})
  void withAllOfTheChangeItIsTheTunedNetworkBitForBit(String method) {
    Outcome all = prune(method, 0, 0);
    Map<String, Tensor> expected = Constants.of(tuned.graph());
    Constants.of(all.model().graph())
        .forEach((name, weight) -> assertThat(weight).as(name).isEqualTo(expected.get(name)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"magnitude", "wanda", "sparsegpt", "chita", "dare", "darex", "darex-layer"})
  void whatIsPrunedIsTheBases(String method) {
    Outcome out = prune(method, 0.8, 3);
    Map<String, Tensor> before = Constants.of(base.graph());
    Map<String, Tensor> now = Constants.of(out.model().graph());
    long pruned = 0;
    for (Layer layer : Layers.of(tuned).layers()) {
      var mask = out.masks().byWeight().get(layer.weight());
      for (int k = 0; k < layer.size(); k++) {
        if (!mask.keeps(k)) {
          pruned++;
          assertThat(now.get(layer.weight()).realAt(k))
              .isEqualTo(before.get(layer.weight()).realAt(k));
        }
      }
    }
    assertThat(pruned).isEqualTo(Math.round(0.8 * Layers.of(tuned).size()));
    assertThat(now.get("conv.bias"))
        .isEqualTo(Constants.of(tuned.graph()).get("conv.bias")); // no weight of a layer
  }

  @Test
  void inTheMeanDareIsTheWholeChange() {
    Layer layer = Nets.layer("w", Tensor.of(new float[] {1, -2, 3, 4, -5, 6, 7, -8}, 2, 4), false);
    double[] mean = new double[8];
    double[] squares = new double[8];
    double[] others = new double[8];
    int draws = 20_000;
    var method = new RandomDrop();
    for (int draw = 0; draw < draws; draw++) {
      var goal = Goal.of(layer, new Pattern.Unstructured(), 6, draw);
      var mask = goal.select(layer, method.saliency().score(layer, draw));
      Tensor dropped = method.update(layer, mask, Evidence.NONE).weights();
      Tensor less = Solution.scaled(layer, mask, 1 / 0.4).weights();
      for (int k = 0; k < 8; k++) {
        mean[k] += dropped.realAt(k) / draws;
        squares[k] += dropped.realAt(k) * dropped.realAt(k) / draws;
        others[k] += less.realAt(k) / draws;
      }
    }
    for (int k = 0; k < 8; k++) {
      double weight = layer.tensor().realAt(k);
      assertThat(mean[k]).isCloseTo(weight, within(0.06 * Math.abs(weight)));
      double variance = 0.75 * 0.25 / (0.25 * 0.25) * weight * weight; // p (1 - p) / q^2
      assertThat(squares[k] - mean[k] * mean[k]).isCloseTo(variance, within(0.1 * variance));
      // Divided by 0.4, which isn't the share that stays, it's (1 - p) / q of the change.
      assertThat(others[k]).isCloseTo(0.25 / 0.4 * weight, within(0.04 * Math.abs(weight)));
    }
  }

  private double apart(Model model) {
    double[] sum = new double[1];
    try (TorchModel before = TorchModel.of(tuned);
        TorchModel after = TorchModel.of(model)) {
      data.forEach(
          batch -> {
            Tensor wanted = before.run(batch.inputs()).get("logits");
            Tensor given = after.run(batch.inputs()).get("logits");
            for (long k = 0; k < wanted.size(); k++) {
              sum[0] += Math.pow(wanted.realAt(k) - given.realAt(k), 2);
            }
          });
    }
    return sum[0];
  }

  @Test
  void aTunedDivisorMovesTheOutputsLess() {
    for (int seed = 0; seed < 3; seed++) {
      assertThat(apart(prune("darex", 0.97, seed).model()))
          .isLessThan(apart(prune("dare", 0.97, seed).model()));
    }
  }

  @Test
  void aLayersDivisorIsTheBestOfAll() {
    var one = OneLayer.of(random.gaussian(5, 7), random.gaussian(40, 7));
    Solution solution = one.solve(new LayerTunedDrop(), new Pattern.Unstructured(), 26);
    double best = one.error(solution.weights());
    double least = 9.0 / 35;
    boolean between = false;
    for (int k = 0; k <= 200; k++) {
      double q = least + (1 - least) * k / 200;
      Tensor scaled = Solution.scaled(one.layer(), solution.mask(), 1 / q).weights();
      assertThat(best).isLessThanOrEqualTo(one.error(scaled) * (1 + 1e-6));
      between |= one.error(scaled) > 1.01 * best;
    }
    assertThat(between).isTrue();
  }

  @Test
  void aDivisorForEachLayerMovesTheOutputsLess() {
    for (int seed = 0; seed < 3; seed++) {
      assertThat(apart(prune("darex-layer", 0.97, seed).model()))
          .isLessThan(apart(prune("dare", 0.97, seed).model()));
    }
  }

  @Test
  void aBaseOfAnotherNetworkIsAnError() {
    var one = OneLayer.of(random.gaussian(3, 4), random.gaussian(5, 4)).model();
    assertThatThrownBy(() -> new Delta(tuned, one))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("the base has none of the network's 5 prunable weights, by name and shape");
  }
}
