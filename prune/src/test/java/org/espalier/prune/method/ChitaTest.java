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

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;
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
import org.espalier.torch.Libtorch;
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

  /** q as a regression on responses is the quadratic form of the damped Fisher matrix. */
  @Test
  void theObjectiveIsTheQuadraticForm() {
    var random = SeededRandom.fresh();
    var one = regression(random, 17);
    double[][] gradients = sampleGradients(one);
    try (Evidence evidence = one.evidence();
        var _ = new PointerScope()) {
      var support = new Support(new SampleRegression(List.of(one.layer()), evidence, DAMPING));
      boolean[] keeps = {true, false, true, true, false, true, false, false, true, false};
      support.become(Libtorch.view(Mask.of(keeps).toTensor(10)).to(ScalarType.Bool));
      double[] fitted = new double[10];
      support.weights().data_ptr_double().get(fitted);
      Tensor weights = Tensor.allocate(DataType.DOUBLE, 2, 5);
      for (int k = 0; k < 10; k++) {
        weights.setReal(k, fitted[k]);
      }
      double expected = cost(one, gradients, weights);
      assertThat(support.fit().objective()).isCloseTo(expected, within(1e-6 * expected));
    }
  }

  /**
   * d^T (A^T A / n + lambda I) d / 2 for any change d, and its slopes, with the matrix written out.
   */
  @Test
  void anyChangesCostIsTheQuadraticForm() {
    var random = SeededRandom.fresh();
    var one = regression(random, 17);
    double[][] gradients = sampleGradients(one);
    double[][] fisher = new double[10][10];
    for (int i = 0; i < 10; i++) {
      for (double[] g : gradients) {
        for (int j = 0; j < 10; j++) {
          fisher[i][j] += g[i] * g[j] / 17;
        }
      }
      fisher[i][i] += lambda(gradients);
    }
    double[] weights = random.doubles(10, -2, 2).toArray();
    double[] change = new double[10];
    Arrays.setAll(change, k -> weights[k] - one.layer().tensor().realAt(k));
    double form = 0;
    for (int k = 0; k < 10; k++) {
      form += change[k] * dot(fisher[k], change) / 2;
    }
    try (Evidence evidence = one.evidence();
        var _ = new PointerScope()) {
      var problem = new SampleRegression(List.of(one.layer()), evidence, DAMPING);
      var moved = Libtorch.view(Tensor.of(weights, 10));
      double off = problem.responses(moved).sub(problem.responses()).square().sum().item_double();
      double squares = moved.sub(problem.start()).square().sum().item_double();
      double cost = (off / 17 + lambda(gradients) * squares) / 2;
      assertThat(cost).isCloseTo(form, within(1e-6 * form));
      var support = new Support(problem);
      boolean[] keeps = {true, false, true, true, false, true, false, false, true, false};
      support.become(Libtorch.view(Mask.of(keeps).toTensor(10)).to(ScalarType.Bool));
      double[] fitted = new double[10];
      support.weights().data_ptr_double().get(fitted);
      Arrays.setAll(change, k -> fitted[k] - one.layer().tensor().realAt(k));
      double[] slopes = new double[10];
      problem.gradient(support.fit()).data_ptr_double().get(slopes);
      for (int k = 0; k < 10; k++) {
        assertThat(slopes[k]).isCloseTo(dot(fisher[k], change), within(1e-5 * (1 + form)));
        assertThat(slopes[k]).isCloseTo(keeps[k] ? 0 : slopes[k], within(1e-5 * (1 + form)));
      }
    }
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(k -> a[k] * b[k]).sum();
  }

  @Test
  void noRoundOfThresholdsRaisesTheCost() {
    var random = SeededRandom.fresh();
    Tensor x = random.gaussian(23, 11);
    var one = with(OneLayer.of(random.gaussian(6, 11), x), x, random.gaussian(23, 6));
    try (Evidence evidence = one.evidence();
        var _ = new PointerScope()) {
      var pattern = new Pattern.Unstructured();
      var layers = List.of(one.layer());
      var task = new Task(one.model(), layers, pattern, Allocation.GLOBAL, 50, evidence, 0);
      var problem = new SampleRegression(layers, evidence, DAMPING);
      var thresholds = new Thresholds(new LargestWeights(task), 0.25, 2);
      double last = Double.POSITIVE_INFINITY;
      for (int rounds = 0; rounds < 6; rounds++) {
        Support support = thresholds.descend(problem);
        thresholds.improve(problem, support, rounds);
        assertThat(support.fit().objective()).isLessThanOrEqualTo(last);
        assertThat(support.kept().count_nonzero().item_long()).isEqualTo(16);
        assertThat(support.weights().count_nonzero().item_long()).isLessThanOrEqualTo(16);
        last = support.fit().objective();
      }
    }
  }

  /** One weight, which is to be 2 by one example and 3 by the other. */
  @Test
  void changesAreNoLongerThanWhatPaysOnExamplesThatWerentLookedAt() {
    Tensor x = Tensor.of(new float[] {1, 1}, 2, 1);
    var one =
        with(
            OneLayer.of(Tensor.of(new float[] {1}, 1, 1), x),
            x,
            Tensor.of(new float[] {2, 3}, 2, 1));
    try (Evidence evidence = one.evidence();
        var _ = new PointerScope()) {
      var unstructured = new Pattern.Unstructured();
      var task =
          new Task(
              one.model(), List.of(one.layer()), unstructured, Allocation.GLOBAL, 0, evidence, 0);
      var problem = new SampleRegression(List.of(one.layer()), evidence, DAMPING);
      var support = new Support(problem);
      support.kept().fill_(new Scalar(1));
      support.weights().fill_(new Scalar(2.0));
      for (int other = 0; other < 2; other++) {
        var judge = new LeastLoss(task, new LargestWeights(task));
        judge.consider(problem.start(), support);
        var others = new BitSet();
        others.set(other);
        judge.ask(problem.start(), support, others);
        // By both together 2.4 is the best of 2, 2.4 and 3.
        assertThat(judge.best().get("w").weights().realAt(0))
            .isCloseTo(other == 0 ? 2 : 2.4, within(1e-6));
      }
    }
  }

  @Test
  void theLossOfSomeExamplesIsTheirs() {
    Model model = Nets.mixed(11);
    Calibration data = Nets.calibration(12, 48); // three batches
    var layers = Layers.of(model).layers();
    Set<String> weights = Layers.of(model).weights();
    var some = new BitSet();
    some.set(3, 11); // half of the first batch, all of the last
    some.set(32, 48);
    var batches = new ArrayList<Calibration.Batch>();
    data.forEach(batches::add);
    double expected = 0;
    for (int part = 0; part < 2; part++) {
      Calibration.Batch batch = batches.get(part == 0 ? 0 : 2);
      var alone = part == 0 ? rows(batch, 3, 11) : batch;
      try (Evidence evidence = Evidence.of(model, weights, Calibration.of(List.of(alone)))) {
        expected += MeanLoss.of(task(model, layers, evidence), model, weights) * alone.size() / 24;
      }
    }
    try (Evidence evidence = Evidence.of(model, weights, data)) {
      Task task = task(model, layers, evidence);
      assertThat(MeanLoss.of(task, model, weights, some))
          .isCloseTo(expected, within(1e-6 * expected));
      assertThat(MeanLoss.of(task, model, weights, new BitSet())).isNaN();
    }
  }

  private static Task task(Model model, List<Layer> layers, Evidence evidence) {
    return new Task(
        model, layers, new Pattern.Unstructured(), Allocation.GLOBAL, 1700, evidence, 3);
  }

  private static Calibration.Batch rows(Calibration.Batch batch, int first, int last) {
    Tensor input = batch.inputs().get("input");
    int size = (int) (input.size() / batch.size());
    Tensor images = Tensor.allocate(DataType.FLOAT, last - first, 3, 6, 6);
    Tensor classes = Tensor.allocate(DataType.INT64, last - first);
    for (int k = 0; k < images.size(); k++) {
      images.setFloat(k, input.floatAt((long) first * size + k));
    }
    for (int k = first; k < last; k++) {
      classes.setReal(k - first, batch.targets().orElseThrow().realAt(k));
    }
    return new Calibration.Batch(Map.of("input", images), Optional.of(classes));
  }

  /** The first way is chita's without tries; what is taken in its place must lose less. */
  @Test
  void triesDontRaiseTheLoss() {
    Model model = Nets.mixed(11);
    Calibration data = Nets.calibration(12, 61);
    var layers = Layers.of(model).layers();
    Set<String> weights = layers.stream().map(Layer::weight).collect(Collectors.toSet());
    try (Evidence evidence = Evidence.of(model, weights, data)) {
      Task task = task(model, layers, evidence);
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
