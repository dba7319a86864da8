package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Allocation;
import org.espalier.prune.Layer;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Masks;
import org.espalier.prune.Pattern;
import org.espalier.prune.Saliency;
import org.espalier.prune.Scores;
import org.espalier.prune.Selection;
import org.espalier.train.TrainingRule;
import org.junit.jupiter.api.Test;

final class IterativePruningTest {
  private static IterativePruning rule(double waking, boolean rewind) {
    return new IterativePruning(0.7, waking, Allocation.GLOBAL, 4, rewind);
  }

  private static List<Masks> rounds(IterativePruning rule) {
    var rounds = new ArrayList<Masks>();
    TrainingRule look =
        new Rules.After(
            (step, _) -> {
              if (rounds.isEmpty() || !rounds.getLast().equals(step.masks())) {
                rounds.add(step.masks());
              }
            });
    Rules.train(Rules.net(), Rules.options(2), Rules.digits(403), rule, look);
    return rounds.subList(1, rounds.size()); // before the first there are none
  }

  @Test
  void eachRoundTakesTheSameShareOfWhatIsAlive() {
    List<Masks> host = rounds(rule(0, false));
    List<Masks> waking = rounds(rule(0.02, false));
    assertThat(host).hasSize(4);
    long all = host.getFirst().size();
    for (int round = 0; round < 4; round++) {
      long kept = Math.round(all * Math.pow(0.3, (round + 1) / 4.0));
      assertThat(all - host.get(round).pruned()).isEqualTo(kept);
      assertThat(waking.get(round).pruned()).isEqualTo(host.get(round).pruned());
    }
    assertThat(host.getLast().pruned()).isEqualTo(Math.round(0.7 * all));
    assertThat(waking.getFirst()).isNotEqualTo(host.getFirst());
  }

  /** Without a part for waking units each round is plain magnitude pruning of what is alive. */
  @Test
  void withoutWakingItIsTheHostAndRoundsAreNested() {
    var before = new HashMap<String, Tensor>();
    var rounds = new ArrayList<Masks>();
    TrainingRule remembers =
        new Rules.After(
            (step, _) -> step.layers().forEach(l -> before.put(l.weight(), l.tensor().copy())));
    TrainingRule compares =
        new Rules.After(
            (step, _) -> {
              if (step.masks().byWeight().isEmpty()
                  || (!rounds.isEmpty() && rounds.getLast().equals(step.masks()))) {
                return;
              }
              List<Layer> layers =
                  step.layers().stream().map(l -> l.with(before.get(l.weight()))).toList();
              List<Scores> scores =
                  layers.stream()
                      .map(
                          l -> Saliency.magnitude().score(l, 0).within(Mask.ofNonzeros(l.tensor())))
                      .toList();
              assertThat(step.masks())
                  .isEqualTo(
                      new Selection(new Pattern.Unstructured(), Allocation.GLOBAL)
                          .masks(layers, scores, step.masks().pruned()));
              if (!rounds.isEmpty()) {
                Map<String, Mask> last = rounds.getLast().byWeight();
                step.masks()
                    .byWeight()
                    .forEach((name, mask) -> assertThat(mask.within(last.get(name))).isTrue());
              }
              rounds.add(step.masks());
            });
    Rules.train(
        Rules.net(), Rules.options(2), Rules.digits(403), remembers, rule(0, false), compares);
    assertThat(rounds).hasSize(4);
  }

  /** Of units whose inputs aren't negative. */
  @Test
  void wakingNeverLowersWhatGoesIntoAUnit() {
    var random = SeededRandom.fresh();
    List<Layer> layers = Layers.of(Rules.net()).layers();
    var masks = new LinkedHashMap<String, Mask>();
    layers.forEach(layer -> masks.put(layer.weight(), Mask.all(layer.size())));
    Masks pruned =
        Waking.pruned(layers, new Masks(masks), l -> random.gaussian(l.tensor().dims()), 5000);
    for (Layer layer : layers) {
      double[] inputs = random.doubles(layer.columns()).toArray();
      Tensor after = pruned.byWeight().get(layer.weight()).apply(layer.tensor());
      for (int row = 0; row < layer.rows(); row++) {
        double was = 0;
        double is = 0;
        for (int column = 0; column < layer.columns(); column++) {
          int index = layer.index(row, column);
          was += layer.tensor().realAt(index) * inputs[column];
          is += after.realAt(index) * inputs[column];
        }
        assertThat(is).isGreaterThanOrEqualTo(was - 1e-12);
      }
    }
  }

  @Test
  void onlyNegativeWeightsGoToWakeUnitsAndThoseThatMovedLeast() {
    var random = SeededRandom.fresh();
    List<Layer> layers = Layers.of(Rules.net()).layers();
    var before = new HashMap<String, Tensor>();
    var masks = new LinkedHashMap<String, Mask>();
    for (Layer layer : layers) {
      before.put(layer.weight(), random.gaussian(layer.tensor().dims()));
      var kept = Mask.all(layer.size()).bits();
      kept.clear(0, random.nextInt(layer.size() / 2));
      masks.put(layer.weight(), Mask.keeping(layer.size(), kept));
    }
    var held = new Masks(masks);
    Masks pruned = Waking.pruned(layers, held, layer -> before.get(layer.weight()), 997);
    assertThat(pruned.pruned()).isEqualTo(held.pruned() + 997);
    double furthest = 0;
    double nearest = Double.MAX_VALUE;
    for (Layer layer : layers) {
      Mask was = held.byWeight().get(layer.weight());
      Mask is = pruned.byWeight().get(layer.weight());
      assertThat(is.within(was)).isTrue();
      for (int k = 0; k < layer.size(); k++) {
        float weight = layer.tensor().floatAt(k);
        double moved = Math.abs(weight - before.get(layer.weight()).floatAt(k));
        if (was.keeps(k) && !is.keeps(k)) {
          assertThat(weight).isNegative();
          furthest = Math.max(furthest, moved);
        } else if (is.keeps(k) && weight < 0) {
          nearest = Math.min(nearest, moved);
        }
      }
    }
    assertThat(furthest).isLessThanOrEqualTo(nearest);
  }

  @Test
  void withTooFewNegativeWeightsTheHostTakesTheRest() {
    List<Masks> greedy = rounds(rule(0.9, false));
    assertThat(greedy.getLast().pruned()).isEqualTo(Math.round(0.7 * greedy.getLast().size()));
  }

  @Test
  void rewindingBringsBackTheFirstWeights() {
    var looked = new ArrayList<Long>();
    TrainingRule look =
        new Rules.After(
            (step, index) -> {
              if ((index + 1) * 5 / step.steps() == index * 5 / step.steps()
                  || (index + 1) == step.steps()) {
                return;
              }
              looked.add(index);
              Map<String, Tensor> first = step.original().graph().initializers();
              step.weights()
                  .forEach(
                      (name, weight) -> {
                        Mask mask = step.masks().byWeight().get(name);
                        for (int k = 0; k < weight.size(); k++) {
                          boolean kept = mask == null || mask.keeps(k);
                          assertThat(weight.floatAt(k))
                              .isEqualTo(kept ? first.get(name).floatAt(k) : 0f);
                        }
                        int size = (int) weight.size();
                        step.slots(name)
                            .forEach(slot -> assertThat(slot.floats()).isEqualTo(new float[size]));
                      });
            });
    Rules.train(Rules.net(), Rules.options(2), Rules.digits(310), rule(0.02, true), look);
    assertThat(looked).hasSize(4);
  }
}
