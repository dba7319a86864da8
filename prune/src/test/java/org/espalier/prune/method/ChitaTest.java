package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.espalier.prune.method.FisherOracle.DAMPING;
import static org.espalier.prune.method.FisherOracle.cost;
import static org.espalier.prune.method.FisherOracle.inverse;
import static org.espalier.prune.method.FisherOracle.lambda;
import static org.espalier.prune.method.FisherOracle.least;
import static org.espalier.prune.method.FisherOracle.regression;
import static org.espalier.prune.method.FisherOracle.sampleGradients;
import static org.espalier.prune.method.FisherOracle.with;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Nets;
import org.espalier.prune.OneLayer;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.Solution;
import org.espalier.prune.Task;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.junit.jupiter.api.Test;

/** CHITA on one layer with squared errors, and on a small network. */
class ChitaTest {
  private static Solution solve(OneLayer one, Chita method, long prune) {
    try (Evidence evidence = one.evidence()) {
      List<Layer> layers = List.of(one.layer());
      var unstructured = new Pattern.Unstructured();
      var task = new Task(one.model(), layers, unstructured, Allocation.GLOBAL, prune, evidence, 0);
      return method.prune(task).get("w");
    }
  }

  @Test
  void weightsAreTheBestOnTheirSupport() {
    var random = SeededRandom.fresh();
    for (int examples : new int[] {4, 29}) {
      var one = regression(random, examples);
      double[][] gradients = sampleGradients(one);
      double[][] inverse = inverse(gradients, lambda(gradients));
      double best = Double.POSITIVE_INFINITY;
      for (int bits = 0; bits < 1 << 10; bits++) {
        if (Integer.bitCount(bits) == 4) {
          boolean[] kept = new boolean[10];
          for (int k = 0; k < 10; k++) {
            kept[k] = (bits >> k & 1) == 1;
          }
          best = Math.min(best, least(one, inverse, Mask.of(kept)));
        }
      }
      double straight = 0;
      for (int rounds : new int[] {0, 8}) {
        Solution solution = solve(one, new Chita(5, rounds, DAMPING), 6);
        assertThat(solution.mask().pruned()).isEqualTo(6);
        double cost = cost(one, gradients, solution.weights());
        assertThat(cost).isCloseTo(least(one, inverse, solution.mask()), within(1e-4 * cost));
        assertThat(cost).isGreaterThan(best * (1 - 1e-4));
        if (rounds == 0) {
          straight = cost;
        } else {
          assertThat(cost).isLessThan(straight * (1 + 1e-6));
        }
      }
    }
  }

  /** The first way is chita's without tries; what is taken in its place must lose less. */
  @Test
  void triesDontRaiseTheLoss() {
    Model model = Nets.mixed(11);
    Calibration data = Nets.calibration(12, 61);
    var layers = Layers.of(model).layers();
    Set<String> weights = layers.stream().map(Layer::weight).collect(Collectors.toSet());
    try (Evidence evidence = Evidence.of(model, weights, data)) {
      var unstructured = new Pattern.Unstructured();
      var task = new Task(model, layers, unstructured, Allocation.GLOBAL, 1700, evidence, 3);
      Map<String, Solution> plain = new Chita(6, 1, DAMPING).prune(task);
      Map<String, Solution> best = new Chita(6, 1, DAMPING, 5).prune(task);
      long pruned = best.values().stream().mapToLong(one -> one.mask().pruned()).sum();
      assertThat(pruned).isEqualTo(1700);
      assertThat(MeanLoss.of(task, Solution.replaced(model, best), weights))
          .isLessThanOrEqualTo(MeanLoss.of(task, Solution.replaced(model, plain), weights));
      assertThat(new Chita(6, 1, DAMPING, 5).prune(task)).isEqualTo(best);
    }
  }

  @Test
  void withoutGradientsItIsMagnitude() {
    var random = SeededRandom.fresh();
    var plain = OneLayer.of(random.gaussian(2, 5), Tensor.of(new float[15], 3, 5));
    var one = with(plain, Tensor.of(new float[15], 3, 5), random.gaussian(3, 2));
    Mask expected =
        Recipe.named("magnitude").sparsity(0.6).apply(one.model()).masks().byWeight().get("w");
    Solution solution = solve(one, new Chita(), 6);
    assertThat(solution.mask()).isEqualTo(expected);
    assertThat(solution.weights()).isEqualTo(expected.apply(one.layer().tensor()));
  }
}
