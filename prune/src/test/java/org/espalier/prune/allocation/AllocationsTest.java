package org.espalier.prune.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Allocation;
import org.espalier.prune.Demand;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Nets;
import org.espalier.prune.OneLayer;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Observation;
import org.junit.jupiter.api.Test;

/** The allocations' published examples and identities. */
class AllocationsTest {
  private static Layer layer(String name, float... weights) {
    return Nets.layer(name, Tensor.of(weights, 1, weights.length), false);
  }

  private static Demand demand(List<Layer> layers, long prune, Evidence evidence) {
    List<Scores> scores =
        layers.stream()
            .map(l -> Saliency.magnitude().score(l, 0).within(Mask.ofNonzeros(l.tensor())))
            .toList();
    return new Demand(layers, scores, new Pattern.Unstructured(), prune, evidence, 5);
  }

  private static Demand demand(List<Layer> layers, long prune) {
    return demand(layers, prune, Evidence.NONE);
  }

  private static Layer scaled(Layer layer, float factor) {
    Tensor values = layer.tensor().copy();
    for (long k = 0; k < values.size(); k++) {
      values.setFloat(k, factor * values.floatAt(k));
    }
    return layer.with(values);
  }

  @Test
  void lampOnTheKnownExample() {
    List<Layer> layers = List.of(layer("a", 1, 2, 3), layer("b", 0.1f, 0.2f));
    Demand scored = TailShares.of(demand(layers, 2), Layer::weight);
    double[] expected = {1 / 14.0, 4 / 13.0, 1};
    for (int k = 0; k < 3; k++) {
      assertThat(scored.scores().get(0).at(k)).isCloseTo((float) expected[k], within(1e-6f));
    }
    assertThat(scored.scores().get(1).at(0)).isCloseTo(0.2f, within(1e-6f));
    assertThat(scored.scores().get(1).at(1)).isEqualTo(1);
    assertThat(new Lamp().counts(demand(layers, 2))).containsExactly(1, 1);
  }

  @Test
  void lampDoesntSeeALayersScale() {
    List<Layer> layers = List.of(Nets.layer("a", 13, 7), Nets.layer("b", 5, 13));
    List<Layer> other = List.of(scaled(layers.get(0), 4), layers.get(1));
    for (long prune : new long[] {10, 70, 140, 154}) {
      long[] counts = new Lamp().counts(demand(layers, prune));
      assertThat(new Lamp().counts(demand(other, prune))).isEqualTo(counts);
      assertThat(counts[0]).isLessThan(13 * 7);
      assertThat(counts[1]).isLessThan(5 * 13);
    }
  }

  @Test
  void modulesOfOneLayerAreLamp() {
    List<Layer> layers =
        List.of(Nets.layer("a", 13, 7), Nets.layer("b", 5, 13), Nets.layer("c", 3, 5));
    Demand demand = demand(layers, 120);
    assertThat(new Dimap(Layer::weight).counts(demand)).isEqualTo(new Lamp().counts(demand));
    Demand pooled = TailShares.of(demand, layer -> layer.weight().equals("c") ? "c" : "ab");
    long ones =
        pooled.scores().stream()
            .flatMapToInt(s -> IntStream.range(0, s.size()).filter(k -> s.at(k) == 1))
            .count();
    assertThat(ones).isEqualTo(2); // the largest of each module
  }

  /** What counts is how large a weight is among its module's, in whatever layer. */
  @Test
  void aModulesScaleDoesntMatterButALayersWithinItDoes() {
    List<Layer> layers =
        List.of(Nets.layer("a", 13, 7), Nets.layer("b", 5, 13), Nets.layer("c", 11, 5));
    var pooled = new Dimap(layer -> layer.weight().equals("c") ? "c" : "ab");
    long[] counts = pooled.counts(demand(layers, 120));
    List<Layer> module = List.of(scaled(layers.get(0), 8), scaled(layers.get(1), 8), layers.get(2));
    assertThat(pooled.counts(demand(module, 120))).isEqualTo(counts);
    List<Layer> single = List.of(scaled(layers.get(0), 8), layers.get(1), layers.get(2));
    assertThat(pooled.counts(demand(single, 120))[0]).isLessThan(counts[0]);
  }

  @Test
  void aFloorHoldsWhereOneRankingStarvesALayer() {
    List<Layer> layers =
        List.of(
            scaled(Nets.layer("small", 20, 50), 1e-3f),
            Nets.layer("large", 40, 50),
            scaled(Nets.layer("tiny", 2, 3), 1e-3f));
    var floor = new GlobalFloor(0.01); // 30 weights
    for (long prune : new long[] {1200, 2400, 2900}) {
      Demand demand = demand(layers, prune);
      long[] global = Allocation.GLOBAL.counts(demand);
      long[] counts = floor.counts(demand);
      assertThat(global[0]).isGreaterThan(998);
      assertThat(counts[0]).isEqualTo(970);
      assertThat(counts[2]).as("smaller than the floor").isZero();
      assertThat(LongStream.of(counts).sum()).isEqualTo(prune);
    }
    long[] scarce = floor.counts(demand(layers, 2990)); // 16 are left for three times 30
    assertThat(LongStream.of(scarce).sum()).isEqualTo(2990);
    for (int k = 0; k < 3; k++) {
      assertThat(layers.get(k).size() - scarce[k]).isGreaterThanOrEqualTo(2);
    }
    List<Layer> alike = List.of(Nets.layer("a", 30, 50), Nets.layer("b", 20, 50));
    assertThat(floor.counts(demand(alike, 2000)))
        .isEqualTo(Allocation.GLOBAL.counts(demand(alike, 2000)));
  }

  @Test
  void snipsSharesAreSnipsCountsAtOtherPlaces() {
    Model model = Nets.mixed(17);
    Calibration data = Nets.calibration(3, 40);
    var snip = Recipe.named("snip").sparsity(0.8).apply(model, data).masks().byWeight();
    Recipe shares = Recipe.named("random").allocation(Allocation.parse("snip")).sparsity(0.8);
    var drawn = shares.seed(1).apply(model, data).masks().byWeight();
    var again = shares.seed(2).apply(model, data).masks().byWeight();
    snip.forEach(
        (weight, mask) -> {
          assertThat(drawn.get(weight).kept()).isEqualTo(mask.kept());
          assertThat(again.get(weight).kept()).isEqualTo(mask.kept());
        });
    assertThat(drawn).isNotEqualTo(again);
    double chance = 0;
    long shared = 0;
    for (Mask mask : snip.values()) {
      chance += (double) mask.kept() * mask.kept() / mask.size();
    }
    for (String weight : snip.keySet()) {
      var both = snip.get(weight).bits();
      both.and(drawn.get(weight).bits());
      shared += both.cardinality();
    }
    assertThat((double) shared).isCloseTo(chance, within(4 * Math.sqrt(chance)));
  }

  @Test
  void modulesAreToldByNames() {
    assertThat(
            List.of(
                    "blocks.0.attn.qkv.weight /blocks.0/attn/qkv/MatMul",
                    "onnx::MatMul_12 /encoder/layer.0/attention/self/query/MatMul",
                    "layers.1.attention.output.weight",
                    "blocks.3.attn.proj.weight",
                    "h.0.mlp.fc1.weight",
                    "layer.2.intermediate.weight",
                    "patch_embed.proj.weight",
                    "head.weight")
                .stream()
                .map(Dimap::module))
        .containsExactly("qkv", "qkv", "projection", "projection", "mlp", "mlp", "other", "other");
  }

  @Test
  void pqIndexOnTheKnownExamples() {
    Tensor equal = Tensor.of(new float[] {1, 1, 1, 1}, 4);
    Tensor single = Tensor.of(new float[] {1, 0, 0, 0}, 4);
    Tensor mixed = Tensor.of(new float[] {4, 1, 1, 1}, 4);
    assertPq(equal, 0.5, 1, 0, 4);
    assertPq(single, 0.5, 1, 0.75, 1);
    assertPq(single, 1, 2, 0.5, 1);
    assertPq(mixed, 0.5, 1, 0.1071, 3.571);
    assertPq(mixed, 1, 2, 0.1970, 2.579);
    Tensor cloned = Tensor.of(new float[] {2, 8, 2, 2, 8, 2, 2, 2}, 8);
    assertThat(PqIndex.of(cloned, 0.5, 1)).isCloseTo(PqIndex.of(mixed, 0.5, 1), within(1e-9));
  }

  private static void assertPq(Tensor weights, double p, double q, double index, double retained) {
    assertThat(PqIndex.of(weights, p, q, 4)).isCloseTo(index, within(5e-5));
    assertThat(PqIndex.retained(weights, p, q, 4)).isCloseTo(retained, within(5e-4));
  }

  @Test
  void equalMagnitudesAreKeptBeforeUnequalOnes() {
    List<Layer> layers = List.of(layer("even", 1, -1, 1, 1), layer("odd", 9, 0.1f, 0.1f, 0.1f));
    long[] counts = new PqIndex().counts(demand(layers, 4));
    assertThat(counts[0]).isLessThan(counts[1]);
    assertThat(LongStream.of(counts).sum()).isEqualTo(4);
  }

  @Test
  void erkPlusKeepsTheClassifier() {
    List<Layer> layers =
        List.of(Nets.layer("a", 300, 784), Nets.layer("b", 100, 300), Nets.layer("c", 10, 100));
    Allocation plus = Allocation.parse("erk-plus");
    long[] counts = plus.counts(demand(layers, 250_000));
    assertThat(counts[2]).isZero();
    assertThat(LongStream.of(counts).sum()).isEqualTo(250_000);
    assertThat(counts[0] / 235_200.0).isGreaterThan(counts[1] / 30_000.0);
    assertThat(plus.counts(demand(layers, 266_150))[2]).isPositive(); // nothing else to keep
  }

  @Test
  void theDynamicProgramIsExact() {
    var random = SeededRandom.fresh();
    for (int round = 0; round < 20; round++) {
      double[][] errors = new double[3][5];
      long[][] kept = new long[3][5];
      for (int layer = 0; layer < 3; layer++) {
        for (int amount = 0; amount < 5; amount++) {
          errors[layer][amount] = amount == 0 ? 0 : random.nextDouble();
          kept[layer][amount] = amount == 4 ? 1 : random.nextInt(2, 40);
        }
      }
      long budget = random.nextInt(3, 100);
      int[] chosen = RateDistortion.choose(errors, kept, budget);
      double least = Double.POSITIVE_INFINITY;
      for (int k = 0; k < 125; k++) {
        int[] amounts = {k / 25, k / 5 % 5, k % 5};
        if (sum(kept, amounts) <= budget) {
          least = Math.min(least, sum(errors, amounts));
        }
      }
      assertThat(sum(kept, chosen)).isLessThanOrEqualTo(budget);
      assertThat(sum(errors, chosen)).isCloseTo(least, within(1e-12));
    }
  }

  private static long sum(long[][] of, int[] chosen) {
    return of[0][chosen[0]] + of[1][chosen[1]] + of[2][chosen[2]];
  }

  private static double sum(double[][] of, int[] chosen) {
    return of[0][chosen[0]] + of[1][chosen[1]] + of[2][chosen[2]];
  }

  @Test
  void ecoflapOnTheKnownExamples() {
    long[] sizes = {100, 100, 100};
    long[] floors = {40, 40, 40};
    assertThat(Ecoflap.keep(new double[] {1, 2, 5}, floors, sizes, 150))
        .containsExactly(44, 48, 58); // 44, 48, 59 before what is too much is taken back
    assertThat(Ecoflap.keep(new double[] {1, 1, 1}, floors, sizes, 150)).containsOnly(50);
    assertThat(Ecoflap.keep(new double[] {0, 0, 1}, floors, sizes, 150))
        .containsExactly(40, 40, 70);
    assertThat(Ecoflap.keep(new double[] {0, 0, 1}, floors, sizes, 290))
        .satisfies(kept -> assertThat(LongStream.of(kept).sum()).isEqualTo(290));
  }

  @Test
  void shakingALinearLossGivesItsGradientsNorm() {
    var random = SeededRandom.of(3);
    var one = OneLayer.of(random.gaussian(1, 9), random.gaussian(1, 9));
    Observation summed =
        Observation.USUAL.withObjective((forward, targets) -> forward.output().sum());
    double norm = 0;
    double[][] gram = one.gram();
    for (int k = 0; k < 9; k++) {
      norm += gram[k][k];
    }
    Tensor before = one.layer().tensor().copy();
    try (Evidence evidence = Evidence.of(one.model(), Set.of("w"), one.data(), summed)) {
      double mean =
          IntStream.range(0, 400)
              .mapToDouble(seed -> Ecoflap.importance(evidence, one.layer(), seed))
              .average()
              .orElseThrow();
      assertThat(mean).isCloseTo(Math.sqrt(norm * 2 / Math.PI), within(0.2 * Math.sqrt(norm)));
      evidence.forEachBatch(
          (model, _, _) -> assertThat(model.weights().get("w")).isEqualTo(before));
    }
  }

  @Test
  void aLayerWithoutEffectGoesWhole() {
    double[][] errors = {{0, 0, 0}, {0, 1, 2}, {0, 1, 2}};
    long[][] kept = {{30, 10, 1}, {30, 10, 1}, {30, 10, 1}};
    assertThat(RateDistortion.choose(errors, kept, 61)).containsExactly(2, 0, 0);
    assertThat(RateDistortion.choose(errors, kept, 21)).containsExactly(2, 1, 1);
    assertThat(RateDistortion.choose(errors, kept, 2)).containsExactly(2, 2, 2); // beyond reach
  }

  @Test
  void distortionIsTheSquaredChangeOfAnExamplesOutputs() {
    var random = SeededRandom.fresh();
    Tensor examples = random.gaussian(37, 9);
    var all = OneLayer.of(random.gaussian(5, 9), examples);
    boolean[] kept = new boolean[45];
    for (int k = 0; k < 44; k++) {
      kept[k] = random.nextBoolean();
    }
    Mask mask = Mask.of(kept);
    double worst = 0;
    for (int n = 0; n < 37; n++) {
      Tensor example = Tensor.of(examples.floats(9L * n, 9), 1, 9);
      var one = OneLayer.of(all.layer().tensor(), example);
      worst = Math.max(worst, one.error(mask.apply(one.layer().tensor())) / 5);
    }
    try (Evidence evidence = all.evidence()) {
      List<Distortion> found =
          Distortion.of(evidence, List.of(Map.of(), Map.of("w", mask)), Long.MAX_VALUE);
      assertThat(found.getFirst()).isEqualTo(new Distortion(0, 0));
      double mean = all.error(mask.apply(all.layer().tensor())) / 5 / 37;
      assertThat(found.getLast().mean()).isCloseTo(mean, withinPercentage(0.01));
      assertThat(found.getLast().worst()).isCloseTo(worst, withinPercentage(0.01));
    }
  }

  @Test
  void measuringLeavesTheWeightsAsTheyAre() {
    Model model = Nets.mixed(3);
    List<Layer> layers = Layers.of(model).layers();
    Set<String> weights = layers.stream().map(Layer::weight).collect(Collectors.toSet());
    try (Evidence evidence = Evidence.of(model, weights, Nets.calibration(5, 20))) {
      long total = layers.stream().mapToLong(Layer::size).sum();
      Demand demand = demand(layers, total * 7 / 10, evidence);
      long[] counts = new RateDistortion().counts(demand);
      assertThat(LongStream.of(counts).sum()).isEqualTo(total * 7 / 10);
      assertThat(new RateDistortion().counts(demand)).isEqualTo(counts);
      evidence.forEachBatch(
          (torch, _, _) ->
              layers.forEach(
                  layer ->
                      assertThat(torch.weights().get(layer.weight()).floats())
                          .isEqualTo(layer.tensor().floats())));
    }
  }
}
