package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowSwapsTest {
  private static final int COLUMNS = 28;

  private final SeededRandom random = SeededRandom.fresh();

  /** What is kept count of while weights change places is what the last mask says. */
  @ParameterizedTest
  @CsvSource({"0, true", "0, false", "4, true", "4, false"})
  void errorsAreThoseOfTheMaskInTheEnd(int group, boolean means) {
    double[][] gram = gram();
    double[] weights = random.doubles(COLUMNS, -2, 2).toArray();
    double[] parts = random.doubles(COLUMNS, -1, 1).toArray();
    boolean[] stays = new boolean[COLUMNS];
    boolean[] gone = new boolean[COLUMNS];
    for (int k = 0; k < COLUMNS; k++) {
      stays[k] = k % 2 == 0;
      gone[k] = !stays[k];
    }
    double[] q = new double[COLUMNS];
    Arrays.setAll(q, k -> dot(gram[k], left(weights, gone)));
    Tensor flat =
        Tensor.of(Arrays.stream(gram).flatMapToDouble(Arrays::stream).toArray(), COLUMNS, COLUMNS);
    var row = new RowSwaps(weights, q, means ? parts : null, flat.data(), stays, gone, group);
    double before = row.error();
    boolean[] first = gone.clone();
    row.swap(0);
    assertThat(gone).isNotEqualTo(first);
    double error = 0;
    double mean = 0;
    for (int k = 0; k < COLUMNS; k++) {
      assertThat(stays[k]).isNotEqualTo(gone[k]);
      error += left(weights, gone)[k] * dot(gram[k], left(weights, gone));
      mean += means && gone[k] ? parts[k] : 0;
    }
    assertThat(row.error()).isCloseTo(error, within(1e-12 * before)).isLessThan(before);
    assertThat(row.mean()).isCloseTo(mean, within(1e-12));
  }

  /** Inputs that are correlated, so that another mask serves better. */
  private double[][] gram() {
    double[][] examples = new double[50][];
    for (int n = 0; n < examples.length; n++) {
      double[] example = random.doubles(COLUMNS, -1, 1).toArray();
      for (int k = 1; k < COLUMNS; k++) {
        example[k] += example[k - 1] + 0.3;
      }
      examples[n] = example;
    }
    double[][] gram = new double[COLUMNS][COLUMNS];
    for (double[] example : examples) {
      for (int i = 0; i < COLUMNS; i++) {
        for (int j = 0; j < COLUMNS; j++) {
          gram[i][j] += example[i] * example[j];
        }
      }
    }
    return gram;
  }

  private static double[] left(double[] weights, boolean[] where) {
    double[] left = new double[weights.length];
    Arrays.setAll(left, k -> where[k] ? weights[k] : 0);
    return left;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }
}
