package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.Conv;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Init;
import org.espalier.graph.build.Value;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Nets;
import org.espalier.prune.OneLayer;
import org.espalier.prune.Outcome;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.Scores;
import org.espalier.prune.ScoringMethod;
import org.espalier.prune.Task;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Observation;
import org.espalier.torch.Libtorch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Methods that look at gradients, curvature and paths, where their answers are known. */
class InitializationMethodsTest {
  /** L = w^T H w / 2 with H = [[2, 1], [1, 3]] and w = (1, -1). */
  private static float[] quadratic(ScoringMethod method) {
    return quadratic(method, 2, 1, 1, 3);
  }

  private static float[] quadratic(ScoringMethod method, float... entries) {
    Tensor hessian = Tensor.of(entries, 2, 2);
    Observation how =
        Observation.USUAL.withObjective(
            (forward, _) -> {
              var w = forward.output();
              return w.mm(Libtorch.view(hessian)).mul(w).sum().mul(new Scalar(0.5));
            });
    var one = OneLayer.of(Tensor.of(new float[] {1, -1}, 2, 1), Tensor.of(new float[] {1}, 1, 1));
    try (Evidence evidence = Evidence.of(one.model(), Set.of("w"), one.data(), how)) {
      return values(method.saliency().score(one.layer(), evidence, 0));
    }
  }

  private static float[] values(Scores scores) {
    float[] values = new float[scores.size()];
    for (int k = 0; k < values.length; k++) {
      values[k] = scores.at(k);
    }
    return values;
  }

  @Test
  void theKnownQuadratic() {
    assertThat(quadratic(new Snip())).containsExactly(1, 2); // g = (1, -2)
    assertThat(quadratic(new Taylor())).containsExactly(1, 4);
    assertThat(quadratic(new Grasp())).containsExactly(0, 5); // H g = (0, -5), S = -w (H g)
    float[] shares = quadratic(new BrainApoptosis()); // w (H w) = (1, 2), over the largest
    assertThat(shares[0]).isCloseTo(0.5f, within(1e-5f));
    assertThat(shares[1]).isCloseTo(1, within(1e-5f));
  }

  /** Then a weight's share is all that its removal costs, twice H_ii w_i^2 / 2. */
  @Test
  void withoutCrossTermsApoptosisIsTwiceTheDamage() {
    float[] shares = quadratic(new BrainApoptosis(), 3, 0, 0, 4); // times 1 / 4
    assertThat(shares[0]).isCloseTo(0.75f, within(1e-5f));
    assertThat(shares[1]).isCloseTo(1, within(1e-5f));
  }

  /** A weight's removal changes the gradient's squared norm by twice its score, to first order. */
  @Test
  void graspIsTheSlopeOfTheGradientsNorm() {
    Model model = perceptron(1);
    Calibration data = Nets.calibration(4, 20);
    float[] scores = scores(new Grasp(), model, data).get("b.weight");
    double largest = 0;
    for (float score : scores) {
      largest = Math.max(largest, Math.abs(score));
    }
    double step = 1e-3;
    for (int place : new int[] {0, 7, 23, 54}) {
      double[] norms = new double[2];
      for (int side = 0; side < 2; side++) {
        Tensor moved = model.graph().initializers().get("b.weight").copy();
        moved.setFloat(place, moved.floatAt(place) * (float) (1 + (side == 0 ? -step : step)));
        var other = Constants.replace(model.graph(), Map.of("b.weight", moved));
        Set<String> weights = Layers.of(model).weights();
        try (Evidence evidence = Evidence.of(model.withGraph(other), weights, data)) {
          for (String weight : weights) {
            norms[side] += squares(evidence.gradient(weight));
          }
        }
      }
      double slope = (norms[1] - norms[0]) / (2 * step); // as the weight grows by its own size
      assertThat(2 * scores[place]).isCloseTo((float) slope, within((float) (0.02 * largest)));
    }
  }

  /** What flows into a ReLU unit without a bias flows out of it. */
  @Test
  void aUnitsWeightsTimesGradientsAddUpToThoseItFeeds() {
    Model biased = perceptron(1);
    Tensor none = Tensor.of(new float[11], 11);
    Model model = biased.withGraph(Constants.replace(biased.graph(), Map.of("a.bias", none)));
    Map<String, Tensor> constants = Constants.of(model.graph());
    Calibration data = Nets.calibration(6, 20);
    try (Evidence evidence = Evidence.of(model, Set.of("a.weight", "b.weight"), data)) {
      Tensor in = evidence.gradient("a.weight");
      Tensor out = evidence.gradient("b.weight");
      for (int unit = 0; unit < 11; unit++) {
        double incoming = 0;
        for (int k = 0; k < 108; k++) {
          int index = unit * 108 + k;
          incoming += in.realAt(index) * constants.get("a.weight").realAt(index);
        }
        double outgoing = 0;
        for (int k = 0; k < 5; k++) {
          int index = k * 11 + unit;
          outgoing += out.realAt(index) * constants.get("b.weight").realAt(index);
        }
        assertThat(incoming).isCloseTo(outgoing, within(1e-4 * (1 + Math.abs(outgoing))));
      }
    }
  }

  /** Scores of every layer of a model, by weight. */
  private static Map<String, float[]> scores(ScoringMethod method, Model model, Calibration data) {
    List<Layer> layers = Layers.of(model).layers();
    Set<String> weights = layers.stream().map(Layer::weight).collect(Collectors.toSet());
    try (Evidence evidence = Evidence.of(model, weights, data)) {
      evidence.gather(method.needs());
      var saliency = method.saliency();
      return layers.stream()
          .collect(
              Collectors.toMap(Layer::weight, layer -> values(saliency.score(layer, evidence, 0))));
    }
  }

  @Test
  void snipIsTheSlopeOfTheLossInAMask() {
    Model model = Nets.mixed(13);
    Calibration data = Nets.calibration(3, 20);
    float[] scores = scores(new Snip(), model, data).get("fc1.weight");
    Set<String> weights = Set.of("fc1.weight");
    try (Evidence evidence = Evidence.of(model, weights, data)) {
      for (int place : new int[] {0, 97, 1455}) {
        double[] slope = new double[1];
        evidence.forEachBatch(
            (torch, inputs, targets) -> {
              Tensor live = torch.weights().get("fc1.weight");
              float weight = live.floatAt(place);
              double step = 0.01;
              live.setFloat(place, (float) (weight * (1 + step)));
              double above = evidence.loss(inputs, targets).item().toDouble();
              live.setFloat(place, (float) (weight * (1 - step)));
              double below = evidence.loss(inputs, targets).item().toDouble();
              live.setFloat(place, weight);
              slope[0] += (above - below) / (2 * step) * inputs.values().iterator().next().size(0);
            });
        assertThat((double) scores[place])
            .isCloseTo(Math.abs(slope[0]) / 20, within(0.02 * scores[place] + 1e-3));
      }
    }
  }

  private static Model perceptron(float scale) {
    var random = SeededRandom.of(4);
    GraphBuilder builder = GraphBuilder.of("mlp", 1);
    Value x = builder.input("input", 3, 6, 6).flatten();
    x = x.linear("a", 11).relu().linear("b", 5);
    Model model = builder.output("logits", x).build();
    Map<String, Tensor> weights =
        Map.of(
            "a.weight", scaled(random.gaussian(11, 108), scale),
            "a.bias", scaled(random.gaussian(11), scale),
            "b.weight", scaled(random.gaussian(5, 11), 1 / scale));
    return model.withGraph(Constants.replace(model.graph(), weights));
  }

  private static Tensor scaled(Tensor tensor, float scale) {
    for (long k = 0; k < tensor.size(); k++) {
      tensor.setFloat(k, tensor.floatAt(k) * scale);
    }
    return tensor;
  }

  @Test
  void snipDoesntSeeAScaleBetweenLayers() {
    Calibration data = Nets.calibration(8, 12);
    var plain = scores(new Snip(), perceptron(1), data);
    var moved = scores(new Snip(), perceptron(8), data);
    plain.forEach(
        (weight, scores) -> assertThat(moved.get(weight)).containsExactly(scores, within(1e-4f)));
  }

  @Test
  void opposedBatchesDontCancelOut() {
    Tensor examples = Tensor.of(new float[] {3, 0, -3, 0}, 2, 2);
    var one = OneLayer.of(Tensor.of(new float[] {1, 1}, 1, 2), examples);
    Observation summed =
        Observation.USUAL.withObjective((forward, targets) -> forward.output().sum());
    Calibration batches = Calibration.of("x", examples, null, 1);
    try (Evidence evidence = Evidence.of(one.model(), Set.of("w"), batches, summed)) {
      assertThat(values(new Snip().saliency().score(one.layer(), evidence, 0)))
          .containsExactly(0, 0);
      assertThat(values(new Taylor().saliency().score(one.layer(), evidence, 0)))
          .containsExactly(18, 0);
    }
  }

  @Test
  void robustPruningKeepsEachLayersScale() {
    Model model = Nets.mixed(21);
    Outcome out = Recipe.named("robust-pai").sparsity(0.9).apply(model, Nets.calibration(2, 30));
    List<Layer> before = Layers.of(model).layers();
    List<Layer> after = Layers.of(out.model()).layers();
    for (int k = 0; k < before.size(); k++) {
      assertThat(squares(after.get(k).tensor()))
          .isCloseTo(squares(before.get(k).tensor()), within(1e-4 * before.get(k).size()));
    }
  }

  private static double squares(Tensor tensor) {
    return IntStream.range(0, (int) tensor.size())
        .mapToDouble(k -> Math.pow(tensor.realAt(k), 2))
        .sum();
  }

  @Test
  void synapticFlowOnTheKnownExample() {
    GraphBuilder builder = GraphBuilder.of("two", 1);
    Value x = builder.input("x", 2).linear("a", 2).relu().linear("b", 1);
    Model model = builder.output("y", x).build();
    Map<String, Tensor> weights =
        Map.of(
            "a.weight", Tensor.of(new float[] {1, -2, 0, 1}, 2, 2),
            "a.bias", Tensor.of(new float[] {-5, 7}, 2),
            "b.weight", Tensor.of(new float[] {-1, 3}, 1, 2));
    Model known = model.withGraph(Constants.replace(model.graph(), weights));
    try (var flow = SynapticFlow.of(known, Layers.of(known).layers())) {
      assertThat(flow.total()).isEqualTo(6);
      assertThat(doubles(flow.shares().get("a.weight"))).containsExactly(1, 2, 0, 3);
      assertThat(doubles(flow.shares().get("b.weight"))).containsExactly(3, 3);
    }
  }

  private static double[] doubles(Tensor tensor) {
    return IntStream.range(0, (int) tensor.size()).mapToDouble(tensor::realAt).toArray();
  }

  /** VGG's shape in small: convolutions with batch normalisation that grow wider. */
  private static Model vgg(int... widths) {
    GraphBuilder builder = GraphBuilder.of("vgg", 7);
    Value x = builder.input("image", 3, 16, 16);
    for (int k = 0; k < widths.length; k++) {
      x = x.conv("conv" + k, widths[k], Conv.kernel(3).biased()).batchNorm("bn" + k).relu();
      x = k % 2 == 1 ? x.maxPool(2, 2, 0) : x;
    }
    return builder
        .output("logits", x.flatten().linear("classifier", 10, Init.lecunNormal()))
        .build();
  }

  @Test
  void everyLayersSharesSumToTheFlow() {
    Model model = vgg(5, 7, 8, 11);
    List<Layer> layers = Layers.of(model).layers();
    try (var flow = SynapticFlow.of(model, layers)) {
      double total = flow.total();
      flow.shares()
          .forEach(
              (weight, shares) ->
                  assertThat(Arrays.stream(doubles(shares)).sum())
                      .as(weight)
                      .isCloseTo(total, within(1e-9 * total)));
    }
  }

  /**
   * Signs, and what else a network is fed, leave the flow as it is; what enters a unit leaves it.
   */
  @Test
  void flowIsBlindToSignsAndNothingIsLostInAUnit() {
    Model model = perceptron(1);
    var turned = new HashMap<String, Tensor>();
    Constants.of(model.graph())
        .forEach((name, weight) -> turned.put(name, name.startsWith("a") ? minus(weight) : weight));
    Model other = model.withGraph(Constants.replace(model.graph(), turned));
    try (var flow = SynapticFlow.of(model, Layers.of(model).layers());
        var same = SynapticFlow.of(other, Layers.of(other).layers())) {
      flow.shares()
          .forEach(
              (weight, shares) ->
                  assertThat(doubles(same.shares().get(weight))).isEqualTo(doubles(shares)));
      double[] in = doubles(flow.shares().get("a.weight"));
      double[] out = doubles(flow.shares().get("b.weight"));
      for (int unit = 0; unit < 11; unit++) {
        int first = unit * 108;
        int column = unit;
        assertThat(IntStream.range(0, 108).mapToDouble(k -> in[first + k]).sum())
            .isCloseTo(
                IntStream.range(0, 5).mapToDouble(k -> out[k * 11 + column]).sum(),
                within(1e-9 * flow.total()));
      }
    }
  }

  private static Tensor minus(Tensor weight) {
    return scaled(weight.copy(), -1);
  }

  private static double flow(Model model) {
    try (var flow = SynapticFlow.of(model, Layers.of(model).layers())) {
      return flow.total();
    }
  }

  private static Calibration noise(String input, long... dims) {
    var random = SeededRandom.of(17);
    long[] classes = new long[(int) dims[0]];
    for (int k = 0; k < classes.length; k++) {
      classes[k] = random.nextInt(10);
    }
    return Calibration.of(input, random.gaussian(dims), Tensor.of(classes, classes.length), 50);
  }

  private static List<Model> nets() {
    return List.of(Zoo.build("lenet-300-100", 3), vgg(16, 16, 32, 32, 64, 64));
  }

  /**
   * At the end each layer has its weights on paths, where other rankings cut the network in two.
   */
  @ParameterizedTest
  @CsvSource({"0, 0.99, 0.9995", "1, 0.99, 0.999"})
  void synapticFlowNeverEmptiesALayer(int net, double high, double extreme) {
    Model model = nets().get(net);
    for (double sparsity : new double[] {high, extreme}) {
      Outcome out = Recipe.named("synflow").sparsity(sparsity).apply(model);
      assertThat(flow(out.model())).as("%s", sparsity).isPositive();
      out.masks().byWeight().forEach((w, mask) -> assertThat(mask.kept()).as(w).isGreaterThan(1));
    }
    String input = model.graph().inputs().getFirst().name();
    Calibration data = net == 0 ? noise(input, 50, 1, 28, 28) : noise(input, 50, 3, 16, 16);
    var cut = new ArrayList<String>();
    for (String method : List.of("magnitude", "snip")) {
      Outcome out = Recipe.named(method).sparsity(extreme).apply(model, data);
      boolean starved = out.masks().byWeight().values().stream().anyMatch(m -> m.kept() == 1);
      if (starved && flow(out.model()) == 0) {
        cut.add(method);
      }
    }
    assertThat(cut).containsExactly("magnitude", "snip");
  }

  @Test
  void aSingleRoundIsTheRankingByShares() {
    Model model = Nets.mixed(5);
    List<Layer> layers = Layers.of(model).layers();
    long prune = layers.stream().mapToLong(Layer::size).sum() * 3 / 4;
    var task =
        new Task(
            model, layers, new Pattern.Unstructured(), Allocation.GLOBAL, prune, Evidence.NONE, 0);
    Map<String, Mask> expected;
    try (var flow = SynapticFlow.of(model, layers)) {
      expected = task.select(flow.scores(layers)).byWeight();
    }
    new SynFlow(1)
        .prune(task)
        .forEach((weight, solution) -> assertThat(solution.mask()).isEqualTo(expected.get(weight)));
  }
}
