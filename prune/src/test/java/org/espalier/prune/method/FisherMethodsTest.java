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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.espalier.graph.DataType;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Mask;
import org.espalier.prune.Nets;
import org.espalier.prune.OneLayer;
import org.espalier.prune.Outcome;
import org.espalier.prune.Recipe;
import org.espalier.prune.Scores;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Observation;
import org.espalier.torch.Libtorch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Methods that look at examples' gradients, on one layer with squared errors. */
class FisherMethodsTest {
  @ParameterizedTest
  @CsvSource({
    "3, 8, 1",
    "8, 8, 1",
    "40, 8, 1",
    "5, 1, 1",
    "1, 6, 1",
    "9, 13, 0.4",
    "301, 277, 0.9"
  })
  void aBlocksInverseIsThatOfRankOneUpdates(int samples, int size, double live) {
    var random = SeededRandom.fresh();
    double[][] gradients = new double[samples][size];
    Tensor all = random.gaussian(samples, size);
    boolean[] speaks = new boolean[samples];
    boolean[] stands = new boolean[size];
    for (int n = 0; n < samples; n++) {
      speaks[n] = n == 0 || random.nextDouble() < live;
    }
    Tensor standing = Tensor.allocate(DataType.BOOL, size);
    for (int k = 0; k < size; k++) {
      stands[k] = k == 0 || random.nextDouble() < live;
      standing.setReal(k, stands[k] ? 1 : 0);
    }
    for (int k = 0; k < samples * size; k++) {
      boolean counts = speaks[k / size] && stands[k % size];
      all.setReal(k, speaks[k / size] ? all.realAt(k) : 0);
      gradients[k / size][k % size] = counts ? all.realAt(k) : 0;
    }
    double lambda = lambda(gradients);
    double[][] inverse = inverse(gradients, lambda);
    double[] vector = new double[size];
    vector[size / 2] = 1;
    try (var _ = new PointerScope()) {
      var block = new FisherBlock(Libtorch.view(all), Libtorch.view(standing), lambda);
      var column = block.times(Libtorch.view(Tensor.of(vector, size)));
      var diagonal = block.diagonal();
      for (int k = 0; k < size; k++) {
        double tolerance = 1e-4 / lambda;
        assertThat(diagonal.get(k).item().toDouble()).isCloseTo(inverse[k][k], within(tolerance));
        assertThat(column.get(k).item().toDouble())
            .isCloseTo(inverse[k][size / 2], within(tolerance));
      }
    }
  }

  @Test
  void woodFisherRemovesOneWeightAsTheSurgeonDoes() {
    var random = SeededRandom.fresh();
    var one = regression(random, 31);
    double[][] gradients = sampleGradients(one);
    double[][] inverse = inverse(gradients, lambda(gradients));
    int taken = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int k = 0; k < 10; k++) {
      double weight = one.layer().tensor().realAt(k);
      double score = weight * weight / (2 * inverse[k][k]);
      taken = score < least ? k : taken;
      least = Math.min(least, score);
    }
    Outcome out = Recipe.named("woodfisher").sparsity(0.1).apply(one.model(), one.data());
    assertThat(out.masks().byWeight().get("w").keeps(taken)).isFalse();
    Tensor weights = out.model().graph().initializers().get("w");
    double push = one.layer().tensor().realAt(taken) / inverse[taken][taken];
    for (int k = 0; k < 10; k++) {
      double expected = one.layer().tensor().realAt(k) - push * inverse[k][taken];
      assertThat(weights.realAt(k)).isCloseTo(expected, within(1e-4));
    }
  }

  @Test
  void blocksOfOneWeightAreDiagonalDamage() {
    var random = SeededRandom.fresh();
    var one = regression(random, 23);
    double[][] gradients = sampleGradients(one);
    var method = new WoodFisher(1, DAMPING);
    try (Evidence evidence = one.evidence()) {
      Scores scores = method.saliency().score(one.layer(), evidence, 0);
      Scores damage = new BrainDamage().saliency().score(one.layer(), evidence, 0);
      for (int k = 0; k < 10; k++) {
        double square = 0;
        double mean = 0;
        for (double[] g : gradients) {
          square += g[k] * g[k] / gradients.length;
          mean += g[k] / gradients.length;
        }
        double weight = one.layer().tensor().realAt(k);
        double expected = weight * weight * (lambda(gradients) + square) / 2;
        assertThat((double) scores.at(k)).isCloseTo(expected, within(1e-4 * expected));
        double plain = weight * weight * square / 2;
        assertThat((double) damage.at(k)).isCloseTo(plain, within(1e-4 * plain));
        assertThat(square).isGreaterThan(mean * mean);
      }
      Mask mask =
          Mask.of(new boolean[] {true, false, true, true, false, true, true, true, true, true});
      assertThat(method.update(one.layer(), mask, evidence).weights())
          .isEqualTo(mask.apply(one.layer().tensor()));
    }
  }

  /** The mean of g g^T is [[2, 1], [1, 2]]. */
  @Test
  void damageOnTheKnownExample() {
    float root = (float) Math.sqrt(3);
    Tensor examples = Tensor.of(new float[] {root, root, root, 0, 0, root}, 3, 2);
    var one = OneLayer.of(Tensor.of(new float[] {1, 2}, 1, 2), examples);
    Observation summed =
        Observation.USUAL.withObjective((forward, targets) -> forward.output().sum());
    Calibration alone = Calibration.of("x", examples, null, 1);
    try (Evidence evidence = Evidence.of(one.model(), Set.of("w"), alone, summed)) {
      Scores damage = new BrainDamage().saliency().score(one.layer(), evidence, 0);
      assertThat(damage.at(0)).isCloseTo(1, within(1e-6f));
      assertThat(damage.at(1)).isCloseTo(4, within(1e-6f));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"woodfisher", "chita++", "chita-bso"})
  void theOrderOfExamplesDoesntMatter(String name) {
    Model model = Nets.mixed(3);
    var batches = new ArrayList<Calibration.Batch>();
    Nets.calibration(4, 48).forEach(batches::add);
    Recipe recipe = Recipe.named(name).sparsity(0.6);
    Outcome forth = recipe.apply(model, Calibration.of(batches));
    Outcome back = recipe.apply(model, Calibration.of(batches.reversed()));
    long differ = 0;
    for (Map.Entry<String, Mask> mask : forth.masks().byWeight().entrySet()) {
      var other = back.masks().byWeight().get(mask.getKey()).bits();
      other.xor(mask.getValue().bits());
      differ += other.cardinality();
    }
    assertThat(differ).isLessThan(20); // of 1,852: gradients are summed in another order
  }

  /** Making up for a removal never costs more than leaving it: the surgeon's score and damage's. */
  @Test
  void whatOthersMakeUpForCostsLess() {
    var random = SeededRandom.fresh();
    for (int examples : new int[] {4, 29}) {
      var one = regression(random, examples);
      try (Evidence evidence = one.evidence()) {
        Scores surgeon = new WoodFisher().saliency().score(one.layer(), evidence, 0);
        Scores damage = new WoodFisher(1, DAMPING).saliency().score(one.layer(), evidence, 0);
        for (int k = 0; k < one.layer().size(); k++) {
          assertThat(surgeon.at(k)).isPositive().isLessThanOrEqualTo(damage.at(k) * 1.0001f);
        }
      }
    }
  }

  /** The block surgeon's weights lie where the cost is least on a line from magnitude's. */
  @Test
  void theBlockSurgeonTakesTheBestStep() {
    var random = SeededRandom.fresh();
    var one = regression(random, 17);
    double[][] gradients = sampleGradients(one);
    Outcome out = Recipe.named("chita-bso").sparsity(0.5).apply(one.model(), one.data());
    Outcome magnitude = Recipe.named("magnitude").sparsity(0.5).apply(one.model());
    assertThat(out.masks()).isEqualTo(magnitude.masks());
    Tensor from = magnitude.model().graph().initializers().get("w");
    Tensor to = out.model().graph().initializers().get("w");
    double[] costs = new double[4];
    for (int k = 0; k < costs.length; k++) {
      Tensor between = from.copy();
      double share = List.of(0.0, 0.9, 1.0, 1.1).get(k);
      for (int w = 0; w < 10; w++) {
        double change = to.realAt(w) - from.realAt(w);
        between.setFloat(w, (float) (from.realAt(w) + share * change));
      }
      costs[k] = cost(one, gradients, between);
    }
    assertThat(costs[2]).isLessThan(costs[0]).isLessThan(costs[1]).isLessThan(costs[3]);
    assertThat(costs[1] - costs[2]).isCloseTo(costs[3] - costs[2], within(1e-3 * costs[0]));
  }

  @Test
  void stagesObserveThePrunedNetwork() {
    Model model = Nets.mixed(5);
    Calibration data = Nets.calibration(6, 40);
    Recipe twice = Recipe.named("woodfisher").sparsity(0.75).stages(2);
    Outcome half = Recipe.named("woodfisher").sparsity(0.5).apply(model, data);
    Outcome again = Recipe.named("woodfisher").sparsity(0.75).apply(half.model(), data);
    assertThat(twice.apply(model, data).model()).isEqualTo(again.model());
  }

  @ParameterizedTest
  @ValueSource(strings = {"woodfisher", "chita", "chita-bso"})
  void fewExamplesGiveFiniteWeights(String name) {
    Model model = Nets.mixed(7);
    Outcome out = Recipe.named(name).sparsity(0.9).apply(model, Nets.calibration(8, 1));
    for (String weight : Set.of("fc1.weight", "conv.weight")) {
      Tensor values = out.model().graph().initializers().get(weight);
      assertThat(IntStream.range(0, (int) values.size()).mapToDouble(values::realAt))
          .allMatch(Double::isFinite);
    }
    assertThat(out.masks().sparsity()).isCloseTo(0.9, within(1e-3));
  }
}
