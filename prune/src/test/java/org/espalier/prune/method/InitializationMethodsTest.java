package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.espalier.graph.Constants;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.build.GraphBuilder;
import org.espalier.graph.build.Value;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Goal;
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
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.Observation;
import org.espalier.torch.Libtorch;
import org.junit.jupiter.api.Test;

/** Methods that look at gradients and curvature, where their answers are known. */
class InitializationMethodsTest {
  /** L = w^T H w / 2 with H = [[2, 1], [1, 3]] and w = (1, -1). */
  private static float[] quadratic(ScoringMethod method) {
    return quadratic(method, 2, 1, 1, 3);
  }

  private static float[] quadratic(ScoringMethod method, float... entries) {
    Observation how = halfSquare(Tensor.of(entries, 2, 2));
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

  /** Products with the Hessian are its own, and shares add up to w^T H w. */
  @Test
  void productsWithTheHessianAreExactOnAQuadratic() {
    var random = SeededRandom.fresh();
    Tensor hessian = Tensor.of(new float[] {2, 1, 1, 3}, 2, 2);
    var one = OneLayer.of(Tensor.of(new float[] {1, -1}, 2, 1), Tensor.of(new float[] {1}, 1, 1));
    try (Evidence evidence =
        Evidence.of(one.model(), Set.of("w"), one.data(), halfSquare(hessian))) {
      Tensor product = evidence.hessianVector(Map.of("w", one.layer().tensor())).get("w");
      assertThat(doubles(product)).containsExactly(1, -2);
      assertThat(1 * product.realAt(0) - 1 * product.realAt(1)).isEqualTo(3);
      Tensor v = random.gaussian(2, 1);
      Tensor other = evidence.hessianVector(Map.of("w", v)).get("w");
      assertThat(other.realAt(0)).isCloseTo(2 * v.realAt(0) + v.realAt(1), within(1e-5));
      assertThat(other.realAt(1)).isCloseTo(v.realAt(0) + 3 * v.realAt(1), within(1e-5));
    }
  }

  private static double[] doubles(Tensor tensor) {
    return IntStream.range(0, (int) tensor.size()).mapToDouble(tensor::realAt).toArray();
  }

  /** w^T H w / 2 of a column of weights that is the output. */
  private static Observation halfSquare(Tensor hessian) {
    return Observation.USUAL.withObjective(
        (forward, _) -> {
          var w = forward.output();
          return w.mm(Libtorch.view(hessian)).mul(w).sum().mul(new Scalar(0.5));
        });
  }

  /** Without weight 0 the gradient's squares are 10 for 5, without weight 1 they stay 5. */
  @Test
  void graspPrunesWhatTheGradientGrowsWithout() {
    Tensor hessian = Tensor.of(new float[] {2, 1, 1, 3}, 2, 2);
    double[] squares = new double[3];
    float[][] weights = {{1, -1}, {0, -1}, {1, 0}};
    for (int k = 0; k < 3; k++) {
      var one = OneLayer.of(Tensor.of(weights[k], 2, 1), Tensor.of(new float[] {1}, 1, 1));
      try (Evidence evidence =
          Evidence.of(one.model(), Set.of("w"), one.data(), halfSquare(hessian))) {
        squares[k] = squares(evidence.gradient("w"));
        if (k == 0) {
          Scores scores = new Grasp().saliency().score(one.layer(), evidence, 0);
          var goal = Goal.of(one.layer(), new Pattern.Unstructured(), 1, 0);
          assertThat(goal.select(one.layer(), scores))
              .isEqualTo(Mask.of(new boolean[] {false, true}));
        }
      }
    }
    assertThat(squares).containsExactly(5, 10, 5);
  }

  /** What nobody reads has no share in the curvature: magnitudes alone tell its weights apart. */
  @Test
  void aUnitThatNobodyReadsHasNoShare() {
    Model model = perceptron(1);
    Tensor unread = Constants.of(model.graph()).get("b.weight").copy();
    for (int row = 0; row < 5; row++) {
      unread.setFloat(row * 11 + 6, 0);
    }
    Model cut = model.withGraph(Constants.replace(model.graph(), Map.of("b.weight", unread)));
    var scores = scores(new BrainApoptosis(), cut, Nets.calibration(6, 20));
    double others = 0;
    for (int k = 0; k < 11 * 108; k++) {
      float score = scores.get("a.weight")[k];
      if (k / 108 == 6) {
        assertThat(score).isLessThan(2e-6f);
      } else {
        others = Math.max(others, score);
      }
    }
    assertThat(others).isGreaterThanOrEqualTo(1);
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

  /** What flows into a ReLU unit, by its bias too, flows out of it. */
  @Test
  void aUnitsWeightsTimesGradientsAddUpToThoseItFeeds() {
    Model model = perceptron(1);
    Map<String, Tensor> constants = Constants.of(model.graph());
    Calibration data = Nets.calibration(6, 20);
    Set<String> weights = Set.of("a.weight", "a.bias", "b.weight");
    try (Evidence evidence = Evidence.of(model, weights, data)) {
      Tensor in = evidence.gradient("a.weight");
      Tensor bias = evidence.gradient("a.bias");
      Tensor out = evidence.gradient("b.weight");
      for (int unit = 0; unit < 11; unit++) {
        double incoming = bias.realAt(unit) * constants.get("a.bias").realAt(unit);
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

  static Model perceptron(float scale) {
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

  static Tensor scaled(Tensor tensor, float scale) {
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

  /** Where each weight had variance sw^2 / fan-in, the kept and the gone have it together again. */
  @Test
  void robustPruningRestoresTheScaleThatWeightsWereDrawnWith() {
    double sw = 1.3;
    Model model = rescaled(Nets.mixed(21), sw);
    Outcome out = Recipe.named("robust-pai").sparsity(0.9).apply(model, Nets.calibration(2, 30));
    assertThat(out.masks().byWeight().values())
        .anySatisfy(mask -> assertThat(mask.kept()).isPositive());
    for (Layer layer : Layers.of(out.model()).layers()) {
      double mean = squares(layer.tensor()) / layer.size();
      assertThat(layer.columns() * mean).isCloseTo(sw * sw, within(1e-6 * sw * sw));
    }
  }

  /** With fan-in times the mean square of each layer exactly sw^2. */
  private static Model rescaled(Model model, double sw) {
    var weights = new LinkedHashMap<String, Tensor>();
    for (Layer layer : Layers.of(model).layers()) {
      double mean = squares(layer.tensor()) / layer.size();
      double factor = sw / Math.sqrt(layer.columns() * mean);
      Tensor weight = Constants.of(model.graph()).get(layer.weight()).copy();
      for (int k = 0; k < layer.size(); k++) {
        weight.setReal(k, factor * weight.realAt(k));
      }
      weights.put(layer.weight(), weight);
    }
    return model.withGraph(Constants.replace(model.graph(), weights));
  }

  private static double squares(Tensor tensor) {
    return IntStream.range(0, (int) tensor.size())
        .mapToDouble(k -> Math.pow(tensor.realAt(k), 2))
        .sum();
  }
}
