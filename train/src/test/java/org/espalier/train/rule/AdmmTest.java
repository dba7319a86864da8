package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.zoo.Zoo;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.train.Trained;
import org.espalier.train.optim.LearningRate;
import org.espalier.train.optim.Sgd;
import org.espalier.train.optim.WeightDecay;
import org.junit.jupiter.api.Test;

final class AdmmTest {
  private static Admm rule(double sparsity, long end, long every) {
    return new Admm(
        sparsity, new Pattern.Unstructured(), Allocation.UNIFORM, end, every, 0.01, 1.35, 1);
  }

  @Test
  void findsTheSparseSolutionOfAQuadratic() {
    Model goal =
        Recipe.named("magnitude")
            .allocation(Allocation.UNIFORM)
            .sparsity(0.8)
            .apply(Zoo.build("mlpnet", 11))
            .model();
    var wanted = new LinkedHashMap<String, Tensor>();
    var supports = new LinkedHashMap<String, Mask>();
    for (Layer layer : Layers.of(goal).layers()) {
      wanted.put(layer.weight(), layer.tensor());
      supports.put(layer.weight(), Mask.ofNonzeros(layer.tensor()));
    }
    List<Double> distances = new ArrayList<>();
    var look =
        new Rules.After(
            (step, index) -> {
              double off = 0;
              if (index != 0 && index != 108) {
                return;
              }
              for (Layer layer : step.layers()) {
                for (long k = 0; k < layer.size(); k++) {
                  double each = layer.tensor().floatAt(k) - Admm.sparse(step, layer).floatAt(k);
                  off += each * each;
                }
              }
              distances.add(Math.sqrt(off));
            });
    var options =
        Rules.options(11)
            .withOptimizer(new Sgd(0, false, WeightDecay.NONE), new LearningRate.Constant(0.1));
    Trained trained =
        Rules.train(
            Rules.net(),
            options,
            Rules.digits(311),
            new Rules.Towards(wanted),
            rule(0.8, 110, 3),
            look);
    assertThat(distances.getLast()).isLessThan(1e-2 * distances.getFirst());
    assertThat(trained.masks().byWeight()).isEqualTo(supports);
  }

  @Test
  void rhoGrowsWithTheUpdatesUpToItsMost() {
    Admm rule = rule(0.5, 100, 3);
    assertThat(rule.rhoAt(2)).isEqualTo(0.01);
    assertThat(rule.rhoAt(3)).isCloseTo(0.0135, within(1e-12));
    assertThat(rule.rhoAt(3 * 15)).isCloseTo(0.01 * Math.pow(1.35, 15), within(1e-12));
    assertThat(rule.rhoAt(3 * 16)).isEqualTo(1);
  }

  @Test
  void whereNothingIsToGoItIsPlainTraining() {
    Map<String, Tensor> plain =
        Rules.weights(Rules.train(Rules.net(), Rules.options(1), Rules.digits(97)));
    Trained split = Rules.train(Rules.net(), Rules.options(1), Rules.digits(97), rule(0, 2, 1));
    assertThat(Rules.weights(split)).isEqualTo(plain);
  }

  @Test
  void whatIsSparseAlreadyIsItsOwnProjection() {
    var look =
        new Rules.After(
            (step, index) -> {
              for (Layer layer : step.layers()) {
                Tensor sparse = Admm.sparse(step, layer);
                Mask kept = Mask.ofNonzeros(sparse);
                assertThat(kept.pruned()).isCloseTo(layer.size() * 7 / 10, within(1));
                // The nearest of all tensors with so many zeros has the largest magnitudes.
                if (index == 0) {
                  double least = Double.MAX_VALUE;
                  double most = 0;
                  Tensor first = step.original().graph().initializers().get(layer.weight());
                  for (int k = 0; k < layer.size(); k++) {
                    double magnitude = Math.abs(first.floatAt(k));
                    least = kept.keeps(k) ? Math.min(least, magnitude) : least;
                    most = kept.keeps(k) ? most : Math.max(most, magnitude);
                  }
                  assertThat(least).isGreaterThanOrEqualTo(most);
                }
              }
            });
    Rules.train(Rules.net(), Rules.options(1), Rules.digits(97), rule(0.7, 4, 2), look);
  }
}
