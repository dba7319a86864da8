package org.espalier.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SelectionTest {
  private static final Pattern UNSTRUCTURED = new Pattern.Unstructured();

  private static List<Layer> layers(SeededRandom random) {
    return List.of(
        Nets.layer("a", coarse(random, 7, 13), false),
        Nets.layer("b", coarse(random, 11, 5), true),
        Nets.layer("c", coarse(random, 1, 3), false));
  }

  /** Weights of few distinct values, so that ties are everywhere. */
  private static Tensor coarse(SeededRandom random, long... dims) {
    Tensor tensor = Tensor.allocate(DataType.FLOAT, dims);
    for (long k = 0; k < tensor.size(); k++) {
      tensor.setFloat(k, random.nextInt(-4, 5));
    }
    return tensor;
  }

  private static List<Scores> magnitudes(List<Layer> layers) {
    return layers.stream().map(layer -> Saliency.magnitude().score(layer, 0)).toList();
  }

  static List<Allocation> allocations() {
    return List.of(Allocation.UNIFORM, Allocation.GLOBAL, Allocation.ERK);
  }

  @ParameterizedTest
  @MethodSource("allocations")
  void everyCountIsMetExactly(Allocation allocation) {
    var random = SeededRandom.fresh();
    List<Layer> layers = layers(random);
    long total = layers.stream().mapToLong(Layer::size).sum();
    for (long prune = 0; prune <= total - layers.size(); prune++) {
      Masks masks =
          new Selection(UNSTRUCTURED, allocation).masks(layers, magnitudes(layers), prune);
      assertThat(masks.pruned()).isEqualTo(prune);
      assertThat(masks.byWeight().values()).allMatch(mask -> mask.kept() >= 1);
    }
  }

  @Test
  void globalTakesTheLowestOfAllAndTheFirstOfEquals() {
    var random = SeededRandom.fresh();
    List<Layer> layers = layers(random);
    record Weight(int layer, int index, float score) {}
    var all = new ArrayList<Weight>();
    for (int k = 0; k < layers.size(); k++) {
      for (int index = 0; index < layers.get(k).size(); index++) {
        all.add(new Weight(k, index, Math.abs(layers.get(k).tensor().floatAt(index))));
      }
    }
    all.sort(Comparator.comparingDouble(Weight::score)); // stable: layer, then index
    int prune = 57;
    Masks masks =
        new Selection(UNSTRUCTURED, Allocation.GLOBAL).masks(layers, magnitudes(layers), prune);
    Set<Weight> expected = new HashSet<>();
    int[] left = layers.stream().mapToInt(Layer::size).toArray();
    for (Weight weight : all) {
      if (expected.size() < prune && left[weight.layer()] > 1) {
        expected.add(weight);
        left[weight.layer()]--;
      }
    }
    for (Weight weight : all) {
      Mask mask = masks.byWeight().get(layers.get(weight.layer()).weight());
      assertThat(mask.keeps(weight.index())).as("%s", weight).isEqualTo(!expected.contains(weight));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ofEveryGroupTheBestStay(boolean transposed) {
    var random = SeededRandom.fresh();
    Layer layer = Nets.layer("w", random.gaussian(11, 11), transposed);
    Mask mask =
        new Selection(new Pattern.OfEvery(2, 4), Allocation.UNIFORM)
            .masks(List.of(layer), magnitudes(List.of(layer)), 0)
            .byWeight()
            .get("w");
    for (int row = 0; row < 11; row++) {
      for (int first = 0; first < 11; first += 4) {
        int row_ = row;
        int width = Math.min(4, 11 - first);
        int[] ranked =
            IntStream.range(first, first + width)
                .boxed()
                .sorted(
                    Comparator.comparingDouble(
                        column -> -Math.abs(layer.tensor().floatAt(layer.index(row_, column)))))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int rank = 0; rank < width; rank++) {
          assertThat(mask.keeps(layer.index(row, ranked[rank]))).isEqualTo(rank < 2);
        }
      }
    }
  }

  @Test
  void blocksGoWhole() {
    var random = SeededRandom.fresh();
    Layer layer = Nets.layer("w", random.gaussian(13, 6), false);
    Mask mask =
        new Selection(new Pattern.Block(4, 1), Allocation.UNIFORM)
            .masks(List.of(layer), magnitudes(List.of(layer)), 40)
            .byWeight()
            .get("w");
    assertThat(mask.pruned()).isBetween(37, 40);
    for (int row = 0; row < 12; row++) {
      for (int column = 0; column < 6; column++) {
        assertThat(mask.keeps(layer.index(row, column)))
            .isEqualTo(mask.keeps(layer.index(row / 4 * 4, column)));
      }
    }
  }

  @Test
  void moreSparseMeansFewerOfTheSame() {
    var random = SeededRandom.fresh();
    List<Layer> layers = layers(random);
    Masks some =
        new Selection(UNSTRUCTURED, Allocation.GLOBAL).masks(layers, magnitudes(layers), 40);
    Masks more =
        new Selection(UNSTRUCTURED, Allocation.GLOBAL).masks(layers, magnitudes(layers), 90);
    some.byWeight()
        .forEach((name, mask) -> assertThat(more.byWeight().get(name).within(mask)).isTrue());
  }

  @Test
  void aLayerIsNeverEmptied() {
    List<Layer> layers = layers(SeededRandom.fresh());
    assertThatThrownBy(
            () ->
                new Selection(UNSTRUCTURED, Allocation.GLOBAL)
                    .masks(layers, magnitudes(layers), 147))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("147 of 149 weights to prune, expected 0 to 146");
  }
}
