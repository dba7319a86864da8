package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.BitSet;
import java.util.stream.IntStream;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Allocation;
import org.espalier.prune.Goal;
import org.espalier.prune.Mask;
import org.espalier.prune.Method;
import org.espalier.prune.Methods;
import org.espalier.prune.OneLayer;
import org.espalier.prune.Outcome;
import org.espalier.prune.Pattern;
import org.espalier.prune.Recipe;
import org.espalier.prune.Scores;
import org.espalier.prune.Solution;
import org.espalier.prune.evidence.Evidence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Methods that look at a layer's inputs, on layers whose answers are known. */
class LayerMethodsTest {
  private static final Pattern UNSTRUCTURED = new Pattern.Unstructured();

  /** Weights of which those chosen are tiny, so that any method prunes them. */
  private static Tensor withTiny(SeededRandom random, int rows, int columns, BitSet tiny) {
    Tensor weights = random.gaussian(rows, columns);
    for (int k = 0; k < weights.size(); k++) {
      float away = Math.signum(weights.floatAt(k)) * (1 + Math.abs(weights.floatAt(k)));
      weights.setFloat(k, tiny.get(k) ? 1e-3f * away : away);
    }
    return weights;
  }

  private static void assertWeights(Solution solution, double[] expected, double tolerance) {
    for (int k = 0; k < expected.length; k++) {
      assertThat(solution.weights().realAt(k))
          .as("%d", k)
          .isCloseTo(expected[k], within(tolerance));
    }
  }

  @Test
  void sparseGptIsExactWhereTheFirstColumnsGo() {
    var random = SeededRandom.fresh();
    int rows = 5;
    int columns = 11;
    BitSet tiny = new BitSet();
    for (int row = 0; row < rows; row++) {
      tiny.set(row * columns, row * columns + 4);
    }
    var one = OneLayer.of(withTiny(random, rows, columns, tiny), random.gaussian(37, columns));
    Solution solution = one.solve(new SparseGpt(columns, 0), UNSTRUCTURED, 4L * rows);
    BitSet kept = new BitSet();
    kept.set(0, rows * columns);
    kept.andNot(tiny);
    assertThat(solution.mask()).isEqualTo(Mask.keeping((long) rows * columns, kept));
    assertWeights(solution, one.leastSquares(solution.mask()), 1e-5);
  }

  /** w - w_0 / (H^-1)_00 times the inverse's first column. */
  @Test
  void withoutTheFirstColumnSparseGptDoesWhatTheSurgeonDoes() {
    var random = SeededRandom.fresh();
    int columns = 7;
    BitSet tiny = new BitSet();
    IntStream.range(0, 3).forEach(row -> tiny.set(row * columns));
    var one = OneLayer.of(withTiny(random, 3, columns, tiny), random.gaussian(31, columns));
    double[][] inverse = inverse(one.gram());
    double[] expected = new double[3 * columns];
    for (int k = 0; k < expected.length; k++) {
      double first = one.layer().tensor().realAt(k - k % columns);
      double made = first / inverse[0][0] * inverse[k % columns][0];
      expected[k] = one.layer().tensor().realAt(k) - made;
    }
    assertWeights(one.solve(new SparseGpt(columns, 0), UNSTRUCTURED, 3), expected, 1e-5);
  }

  /** Each time the weight goes that costs least by the inverse of what is left of the matrix. */
  @Test
  void theSurgeonLooksAtTheInverseOfWhatIsLeft() {
    var random = SeededRandom.fresh();
    int columns = 9;
    var one = OneLayer.of(random.gaussian(1, columns), random.gaussian(31, columns));
    double[][] gram = one.gram();
    BitSet left = new BitSet();
    left.set(0, columns);
    Tensor weights = one.layer().tensor();
    for (int prune = 1; prune < columns; prune++) {
      int[] places = left.stream().toArray();
      double[][] part = new double[places.length][places.length];
      for (int i = 0; i < places.length; i++) {
        for (int j = 0; j < places.length; j++) {
          part[i][j] = gram[places[i]][places[j]];
        }
      }
      double[][] inverse = inverse(part);
      int next = 0;
      for (int k = 1; k < places.length; k++) {
        double cost = Math.pow(weights.realAt(places[k]), 2) / inverse[k][k];
        next = cost < Math.pow(weights.realAt(places[next]), 2) / inverse[next][next] ? k : next;
      }
      left.clear(places[next]);
      Solution solution = one.solve(new BrainSurgeon(0), UNSTRUCTURED, prune);
      assertThat(solution.mask()).isEqualTo(Mask.keeping(columns, left));
      weights = solution.weights();
    }
  }

  @Test
  void sparseGptDoesntDependOnTheGroupWhereTheMaskDoesnt() {
    var random = SeededRandom.fresh();
    BitSet tiny = new BitSet();
    IntStream.range(0, 7 * 24).filter(k -> k % 2 == 0).forEach(tiny::set);
    var one = OneLayer.of(withTiny(random, 7, 24, tiny), random.gaussian(61, 24));
    Solution whole = one.solve(new SparseGpt(24, 0.01), UNSTRUCTURED, 84);
    for (int group : new int[] {2, 4, 6, 10}) {
      Solution grouped = one.solve(new SparseGpt(group, 0.01), UNSTRUCTURED, 84);
      assertThat(grouped.mask()).isEqualTo(whole.mask());
      assertWeights(
          grouped, IntStream.range(0, 168).mapToDouble(whole.weights()::realAt).toArray(), 1e-5);
    }
  }

  @Test
  void withUncorrelatedInputsNothingIsMadeUpFor() {
    var random = SeededRandom.fresh();
    int columns = 8;
    Tensor examples = Tensor.of(new float[columns * columns], columns, columns);
    for (int k = 0; k < columns; k++) {
      examples.setFloat((long) k * columns + k, (float) random.nextDouble(0.5, 2));
    }
    var one = OneLayer.of(random.gaussian(3, columns), examples);
    double[][] gram = one.gram();
    Scores diagonal =
        Scores.of(one.layer(), (_, column, weight) -> weight * weight * gram[column][column]);
    Mask expected = Goal.of(one.layer(), UNSTRUCTURED, 12, 0).select(one.layer(), diagonal);
    for (var method :
        new org.espalier.prune.SolvingMethod[] {new SparseGpt(columns, 0), new BrainSurgeon(0)}) {
      Solution solution = one.solve(method, UNSTRUCTURED, 12);
      assertThat(solution.mask()).isEqualTo(expected);
      assertThat(solution.weights()).isEqualTo(expected.apply(one.layer().tensor()));
    }
  }

  /** With H = 2 X^T X and no damping, half of the sum of squared steps is the outputs' error. */
  @Test
  void sparseGptsStepsAddUpToItsError() {
    var random = SeededRandom.fresh();
    int columns = 13;
    var one = OneLayer.of(random.gaussian(7, columns), random.gaussian(53, columns));
    Solution solution = one.solve(new SparseGpt(4, 0), UNSTRUCTURED, 41);
    double[][] factor = inverseFactor(one.gram());
    double steps = 0;
    for (int row = 0; row < 7; row++) {
      double[] weights = new double[columns];
      for (int column = 0; column < columns; column++) {
        weights[column] = one.layer().tensor().realAt(row * columns + column);
      }
      for (int column = 0; column < columns; column++) {
        if (!solution.mask().keeps(row * columns + column)) {
          double step = weights[column] / factor[column][column];
          for (int later = column; later < columns; later++) {
            weights[later] -= step * factor[column][later];
          }
          steps += step * step / 2;
        }
        double solved = solution.weights().realAt(row * columns + column);
        assertThat(solved).isCloseTo(weights[column], within(1e-4));
      }
    }
    double error = one.error(solution.weights());
    assertThat(steps).isCloseTo(error, within(1e-4 * error));
  }

  /** U with (2 G)^-1 = U^T U: by steps of Gauss on the inverse, of which each leaves a row. */
  private static double[][] inverseFactor(double[][] gram) {
    int size = gram.length;
    double[][] inverse = inverse(gram);
    double[][] factor = new double[size][size];
    for (int pivot = 0; pivot < size; pivot++) {
      double root = Math.sqrt(inverse[pivot][pivot] / 2);
      for (int column = pivot; column < size; column++) {
        factor[pivot][column] = inverse[pivot][column] / 2 / root;
      }
      for (int row = pivot + 1; row < size; row++) {
        for (int column = pivot + 1; column < size; column++) {
          inverse[row][column] -= 2 * factor[pivot][row] * factor[pivot][column];
        }
      }
    }
    return factor;
  }

  /** By Gauss and Jordan, without pivoting: Gram matrices are definite. */
  private static double[][] inverse(double[][] matrix) {
    int size = matrix.length;
    double[][] left = new double[size][];
    double[][] right = new double[size][size];
    for (int k = 0; k < size; k++) {
      left[k] = matrix[k].clone();
      right[k][k] = 1;
    }
    for (int pivot = 0; pivot < size; pivot++) {
      double scale = left[pivot][pivot];
      for (int column = 0; column < size; column++) {
        left[pivot][column] /= scale;
        right[pivot][column] /= scale;
      }
      for (int row = 0; row < size; row++) {
        double factor = row == pivot ? 0 : left[row][pivot];
        for (int column = 0; column < size; column++) {
          left[row][column] -= factor * left[pivot][column];
          right[row][column] -= factor * right[pivot][column];
        }
      }
    }
    return right;
  }

  @ParameterizedTest
  @ValueSource(strings = {"unstructured", "2:4", "1:3"})
  void theUpdateBeatsTheMaskAlone(String pattern) {
    var random = SeededRandom.fresh();
    int rows = 61; // a few gain nothing by chance
    Tensor mixed = random.gaussian(97, 13);
    for (long k = 1; k < mixed.size(); k++) { // correlated inputs
      mixed.setFloat(k, mixed.floatAt(k) + 0.8f * mixed.floatAt(k - 1));
    }
    var one = OneLayer.of(random.gaussian(rows, 13), mixed);
    Pattern asked = Pattern.parse(pattern);
    Solution solution = one.solve(new SparseGpt(), asked, 397);
    double masked = one.error(solution.mask().apply(one.layer().tensor()));
    assertThat(one.error(solution.weights())).isLessThan(0.8 * masked);
    if (asked instanceof Pattern.OfEvery(int kept, int every)) {
      for (int row = 0; row < rows; row++) {
        for (int first = 0; first < 13; first += every) {
          int width = Math.min(every, 13 - first);
          int base = row * 13 + first;
          assertThat(IntStream.range(0, width).filter(k -> solution.mask().keeps(base + k)).count())
              .isEqualTo(Math.min(kept, width));
        }
      }
    } else {
      assertThat(solution.mask().pruned()).isEqualTo(397);
    }
  }

  @Test
  void surgeonOnTheKnownExample() {
    // X^T X = [[2, 1], [1, 2]]
    Tensor examples = Tensor.of(new float[] {1, 1, 1, 0, 0, 1}, 3, 2);
    var one = OneLayer.of(Tensor.of(new float[] {1, 2}, 1, 2), examples);
    Solution solution = one.solve(new BrainSurgeon(0), UNSTRUCTURED, 1);
    assertWeights(solution, new double[] {0, 2.5}, 1e-6);
    assertThat(one.error(solution.weights()) / 2).isCloseTo(0.75, within(1e-6));
  }

  @Test
  void surgeonEndsAtTheLeastSquaresOfItsMask() {
    var random = SeededRandom.fresh();
    var one = OneLayer.of(random.gaussian(5, 9), random.gaussian(41, 9));
    Solution solution = one.solve(new BrainSurgeon(0), UNSTRUCTURED, 22);
    assertThat(solution.mask().pruned()).isEqualTo(22);
    assertWeights(solution, one.leastSquares(solution.mask()), 1e-4);
    Solution swept = one.solve(new SparseGpt(9, 0), UNSTRUCTURED, 22);
    assertThat(one.error(solution.weights())).isLessThan(one.error(swept.weights()));
  }

  /** What a removal costs once it's made up for is at most the weight squared times H_jj. */
  @Test
  void theSurgeonsRemovalsCostAtMostTheirDamage() {
    var random = SeededRandom.fresh();
    Tensor examples = random.gaussian(31, 7);
    for (int weight = 0; weight < 14; weight++) {
      BitSet tiny = new BitSet();
      tiny.set(weight);
      var one = OneLayer.of(withTiny(random, 2, 7, tiny), examples);
      Solution solution = one.solve(new BrainSurgeon(0), UNSTRUCTURED, 1);
      assertThat(solution.mask().keeps(weight)).isFalse();
      double value = one.layer().tensor().realAt(weight);
      double damage = value * value * one.gram()[weight % 7][weight % 7];
      assertThat(one.error(solution.weights())).isPositive().isLessThan(damage * 1.001);
    }
  }

  /** One example, a constant input, fewer rows than columns, dead inputs: damped, never NaN. */
  @ParameterizedTest
  @ValueSource(strings = {"wanda", "sparsegpt", "obs"})
  void poorDataGiveFiniteWeights(String name) {
    var random = SeededRandom.fresh();
    Tensor constant = Tensor.of(new float[50], 5, 10);
    for (int k = 0; k < 50; k++) {
      constant.setFloat(k, 3);
    }
    Tensor dead = random.gaussian(20, 10);
    for (int row = 0; row < 20; row++) {
      dead.setFloat(row * 10 + 4, 0);
    }
    for (Tensor examples :
        new Tensor[] {
          random.gaussian(1, 10),
          constant,
          random.gaussian(3, 10),
          dead,
          Tensor.of(new float[10], 1, 10)
        }) {
      var one = OneLayer.of(random.gaussian(6, 10), examples);
      Outcome out = Recipe.named(name).sparsity(0.5).apply(one.model(), one.data());
      assertThat(out.masks().pruned()).isEqualTo(30);
    }
    var one =
        OneLayer.of(
            random.gaussian(6, 10),
            Tensor.of(new float[] {0, 0, 0, 0, 0, 0, 0, Float.NaN, 0, 0}, 1, 10));
    assertThatThrownBy(() -> Recipe.named(name).apply(one.model(), one.data()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("not finite on the calibration data");
  }

  @Test
  void withoutDataTheyAreAskedFor() {
    var one = OneLayer.of(SeededRandom.fresh().gaussian(6, 10), Tensor.of(new float[10], 1, 10));
    for (Method method : Methods.all()) {
      if (method instanceof org.espalier.prune.WeightMethod pruning && !pruning.needs().isEmpty()) {
        assertThatThrownBy(
                () ->
                    Recipe.named(method.about().name())
                        .allocation(Allocation.UNIFORM)
                        .apply(one.model(), Evidence.NONE))
            .hasMessageContaining("--data");
      }
    }
  }
}
