package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Goal;
import org.espalier.prune.Layer;
import org.espalier.prune.Mask;
import org.espalier.prune.OneLayer;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.Solution;
import org.espalier.prune.evidence.Evidence;
import org.espalier.prune.evidence.InputStatistics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Methods that choose a mask beyond a ranking. */
class MaskMethodsTest {
  /** Inputs whose means are far from zero, some positive and some negative. */
  private static Tensor offCentre(SeededRandom random, int rows, int columns) {
    Tensor examples = random.gaussian(rows, columns);
    for (int k = 0; k < rows * columns; k++) {
      examples.setFloat(k, examples.floatAt(k) + 2 * (k % columns % 5 - 1.5f));
    }
    return examples;
  }

  /** How far the means of a layer's outputs are from what they were, by row. */
  private static double[] errors(OneLayer one, Mask mask) {
    double[] errors = new double[one.layer().rows()];
    try (Evidence evidence = one.evidence()) {
      InputStatistics inputs = evidence.inputs("w");
      for (int row = 0; row < errors.length; row++) {
        for (int column = 0; column < one.layer().columns(); column++) {
          int index = one.layer().index(row, column);
          double part = one.layer().tensor().realAt(index) * inputs.mean(0, column);
          errors[row] += mask.keeps(index) ? 0 : part;
        }
      }
    }
    return errors;
  }

  /** The squared error of each row's outputs under a mask. */
  private static double[] squares(OneLayer one, Mask mask) {
    double[][] gram = one.gram();
    double[] squares = new double[one.layer().rows()];
    for (int row = 0; row < squares.length; row++) {
      squares[row] = error(gram, gone(one.layer(), mask, row));
    }
    return squares;
  }

  /** The weights of a row that a mask takes away, zeros elsewhere. */
  private static double[] gone(Layer layer, Mask mask, int row) {
    double[] gone = new double[layer.columns()];
    for (int column = 0; column < gone.length; column++) {
      int index = layer.index(row, column);
      gone[column] = mask.keeps(index) ? 0 : layer.tensor().realAt(index);
    }
    return gone;
  }

  private static int kept(Layer layer, Mask mask, int row, int first, int last) {
    int kept = 0;
    for (int column = first; column < last; column++) {
      kept += mask.keeps(layer.index(row, column)) ? 1 : 0;
    }
    return kept;
  }

  private static Mask wanda(OneLayer one, Pattern pattern) {
    Recipe recipe = Recipe.named("wanda").pattern(pattern).sparsity(0.5);
    return recipe.apply(one.model(), one.data()).masks().byWeight().get("w");
  }

  @ParameterizedTest
  @ValueSource(strings = {"unstructured", "2:4"})
  void swapsBringMeansNearerAndLowerTheError(String name) {
    var random = SeededRandom.fresh();
    int columns = 32;
    Pattern pattern = Pattern.parse(name);
    var one = OneLayer.of(random.gaussian(23, columns), offCentre(random, 61, columns));
    Mask wanda = wanda(one, pattern);
    Solution solution = one.solve(new DynamicSparse(), pattern, 23L * columns / 2);
    Mask mask = solution.mask();
    assertThat(solution.weights()).isEqualTo(mask.apply(one.layer().tensor()));
    double[] means = errors(one, mask);
    double[] before = errors(one, wanda);
    double[] squares = squares(one, mask);
    double[] worst = squares(one, wanda);
    int width = name.equals("2:4") ? 4 : columns;
    for (int row = 0; row < 23; row++) {
      assertThat(Math.abs(means[row])).isLessThanOrEqualTo(Math.abs(before[row]) + 1e-6);
      assertThat(squares[row]).isLessThanOrEqualTo(worst[row] * (1 + 1e-6));
      for (int first = 0; first < columns; first += width) {
        assertThat(kept(one.layer(), mask, row, first, first + width))
            .isEqualTo(kept(one.layer(), wanda, row, first, first + width));
      }
    }
  }

  @Test
  void swapsTakeMostOfTheErrorAway() {
    var random = SeededRandom.of(7);
    var one = OneLayer.of(random.gaussian(23, 32), offCentre(random, 61, 32));
    Mask wanda = wanda(one, new Pattern.Unstructured());
    Mask mask = one.solve(new DynamicSparse(), new Pattern.Unstructured(), 23L * 16).mask();
    assertThat(sum(errors(one, mask))).isLessThan(0.3 * sum(errors(one, wanda)));
    assertThat(sum(squares(one, mask))).isLessThan(0.6 * sum(squares(one, wanda)));
  }

  private static double sum(double[] values) {
    return Arrays.stream(values).map(Math::abs).sum();
  }

  @ParameterizedTest
  @ValueSource(strings = {"unstructured", "2:4"})
  void noSwapIsLeftThatLowersTheError(String name) {
    var random = SeededRandom.fresh();
    Pattern pattern = Pattern.parse(name);
    int columns = 12; // of six pruned weights all are looked at
    var one = OneLayer.of(random.gaussian(11, columns), offCentre(random, 37, columns));
    Mask mask = one.solve(new DynamicSparseGram(), pattern, 11L * columns / 2).mask();
    double[][] gram = one.gram();
    double[] squares = squares(one, mask);
    int width = name.equals("2:4") ? 4 : columns;
    for (int row = 0; row < 11; row++) {
      double[] gone = gone(one.layer(), mask, row);
      for (int grown = 0; grown < columns; grown++) {
        for (int pruned = grown / width * width; pruned < (grown / width + 1) * width; pruned++) {
          int index = one.layer().index(row, pruned);
          if (gone[grown] != 0 && mask.keeps(index)) {
            double[] swapped = gone.clone();
            swapped[grown] = 0;
            swapped[pruned] = one.layer().tensor().realAt(index);
            assertThat(error(gram, swapped)).isGreaterThan(squares[row] * (1 - 1e-6));
          }
        }
      }
    }
  }

  private static double error(double[][] gram, double[] gone) {
    double error = 0;
    for (int i = 0; i < gone.length; i++) {
      for (int j = 0; j < gone.length; j++) {
        error += gone[i] * gram[i][j] * gone[j];
      }
    }
    return error;
  }

  @Test
  void withoutMeansNothingIsSwapped() {
    var random = SeededRandom.fresh();
    Tensor examples = random.gaussian(40, 16);
    for (int k = 0; k < 20 * 16; k++) {
      examples.setFloat(20 * 16 + k, -examples.floatAt(k)); // each with its opposite
    }
    var one = OneLayer.of(random.gaussian(7, 16), examples);
    Mask wanda =
        Recipe.named("wanda")
            .sparsity(0.5)
            .apply(one.model(), one.data())
            .masks()
            .byWeight()
            .get("w");
    assertThat(one.solve(new DynamicSparse(), new Pattern.Unstructured(), 56).mask())
        .isEqualTo(wanda);
  }

  @Test
  void amplifiedSamplesAreTheMatrixInTheMean() {
    float[] weights = {3, -1, 0.5f, 2, -0.2f, 1.5f};
    var one = OneLayer.of(Tensor.of(weights, 2, 3), Tensor.of(new float[3], 1, 3));
    var method = new SpectralSampling(true);
    double[] sums = new double[weights.length];
    int draws = 5_000;
    var unstructured = new Pattern.Unstructured();
    for (int draw = 0; draw < draws; draw++) {
      Solution solution =
          method.solve(one.layer(), Goal.of(one.layer(), unstructured, 3, draw), Evidence.NONE);
      assertThat(solution.mask().pruned()).isEqualTo(3);
      for (int k = 0; k < sums.length; k++) {
        sums[k] += solution.weights().realAt(k) / draws;
      }
    }
    for (int k = 0; k < sums.length; k++) {
      assertThat(sums[k]).isCloseTo(weights[k], within(0.15));
    }
    Solution whole =
        method.solve(one.layer(), Goal.of(one.layer(), unstructured, 0, 1), Evidence.NONE);
    assertThat(whole.weights()).isEqualTo(one.layer().tensor());
  }
}
