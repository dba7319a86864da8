package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Pattern;
import org.espalier.torch.Libtorch;
import org.espalier.train.Trained;
import org.espalier.train.TrainingOptions;
import org.espalier.train.TrainingRule;
import org.espalier.train.optim.Adam;
import org.espalier.train.optim.LearningRate;
import org.junit.jupiter.api.Test;

class CosinePenaltyTest {
  private final SeededRandom random = SeededRandom.fresh();

  /** Some weights of a layer that is stored [in, out], with zeros at every third place. */
  private final Layer layer = thinned();

  private Layer thinned() {
    Layer first = Layers.of(Rules.net()).layers().getLast();
    Tensor values = random.gaussian(first.tensor().dims());
    for (int k = 0; k < values.size(); k += 3) {
      values.setFloat(k, 0);
    }
    return first.with(values);
  }

  private Mask without(int step) {
    boolean[] keeps = new boolean[layer.size()];
    IntStream.range(0, keeps.length).forEach(k -> keeps[k] = k % step != 0);
    return Mask.of(keeps);
  }

  private static org.bytedeco.pytorch.Tensor ones(Layer of, Mask mask) {
    return Libtorch.view(mask.toTensor(of.tensor().dims()));
  }

  private double penalty(Layer of, Mask mask) {
    try (var _ = new PointerScope()) {
      return CosinePenalty.penalty(of, Libtorch.view(of.tensor()), ones(of, mask))
          .item()
          .toDouble();
    }
  }

  @Test
  void nothingIsToPayWhereOnlyZerosWouldGo() {
    assertThat(penalty(layer, without(3))).isCloseTo(0, within(1e-9));
    assertThat(penalty(layer, without(2))).isGreaterThan(1e-3);
  }

  @Test
  void aFiltersLengthDoesntMatter() {
    Tensor scaled = layer.tensor().copy();
    for (int row = 0; row < layer.rows(); row++) {
      float factor = (float) random.nextDouble(0.2, 5);
      for (int column = 0; column < layer.columns(); column++) {
        int index = layer.index(row, column);
        scaled.setFloat(index, factor * scaled.floatAt(index));
      }
    }
    assertThat(penalty(layer.with(scaled), without(2)))
        .isCloseTo(penalty(layer, without(2)), within(1e-5));
  }

  @Test
  void theGradientTurnsFiltersAndDoesntStretchThem() {
    try (var _ = new PointerScope()) {
      var weights = Libtorch.view(layer.tensor()).clone().requires_grad_(true);
      CosinePenalty.penalty(layer, weights, ones(layer, without(2))).backward();
      Tensor gradient = Libtorch.copy(weights.grad());
      for (int row = 0; row < layer.rows(); row++) {
        double along = 0;
        double length = 0;
        for (int column = 0; column < layer.columns(); column++) {
          int index = layer.index(row, column);
          along += gradient.realAt(index) * layer.tensor().realAt(index);
          length += Math.abs(gradient.realAt(index));
        }
        assertThat(along).isCloseTo(0, within(1e-6));
        assertThat(length).isGreaterThan(0);
      }
    }
  }

  private static Trained trained(double weight, TrainingRule... before) {
    var rules = new ArrayList<TrainingRule>(List.of(before));
    rules.add(new CosinePenalty(0.6, weight, new Pattern.Unstructured(), Allocation.UNIFORM));
    TrainingOptions fast =
        Rules.options(9).withOptimizer(Adam.usual(), new LearningRate.Cosine(0.01, 0));
    return Rules.train(Rules.net(), fast, Rules.digits(403), rules.toArray(TrainingRule[]::new));
  }

  /** The share of the squares of all weights that went with the last step. */
  private static double lost(double weight) {
    var last = new HashMap<String, Tensor>();
    var before =
        new Rules.After(
            (step, index) ->
                step.layers().forEach(layer -> last.put(layer.weight(), layer.tensor().copy())));
    Map<String, Mask> masks = trained(weight, before).masks().byWeight();
    double all = 0;
    double kept = 0;
    for (Map.Entry<String, Tensor> layer : last.entrySet()) {
      all += squares(layer.getValue());
      kept += squares(masks.get(layer.getKey()).apply(layer.getValue()));
    }
    return 1 - kept / all;
  }

  private static double squares(Tensor tensor) {
    return LongStream.range(0, tensor.size()).mapToDouble(tensor::realAt).map(w -> w * w).sum();
  }

  @Test
  void whatGoesIsSmallWhereItWasDrawnAside() {
    double lost = lost(1e6);
    assertThat(lost).isLessThan(0.3 * lost(0));
  }

  @Test
  void filtersKeepTheirLengthsButThoseOfTheLastLayer() {
    Trained trained = trained(1e6);
    List<Layer> layers = Layers.of(Rules.net()).layers();
    for (Layer first : layers) {
      Layer last = first.with(Rules.weights(trained).get(first.weight()));
      double moved = 0;
      for (int row = 0; row < first.rows(); row++) {
        moved = Math.max(moved, Math.abs(length(last, row) / length(first, row) - 1));
      }
      if (first.equals(layers.getLast())) {
        assertThat(moved).isGreaterThan(1e-2);
      } else {
        assertThat(moved).isLessThan(1e-5);
      }
    }
  }

  private static double length(Layer layer, int row) {
    return Math.sqrt(
        IntStream.range(0, layer.columns())
            .mapToDouble(column -> layer.tensor().realAt(layer.index(row, column)))
            .map(w -> w * w)
            .sum());
  }
}
