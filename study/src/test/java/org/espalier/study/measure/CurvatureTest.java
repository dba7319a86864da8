package org.espalier.study.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.espalier.graph.Model;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Recipe;
import org.espalier.train.data.Dataset;
import org.junit.jupiter.api.Test;

/** Curvature where it's known exactly. */
class CurvatureTest {
  private static final int INPUTS = 5;
  private static final int CLASSES = 3;

  private static UnaryOperator<double[]> times(double[][] matrix) {
    return vector -> Arrays.stream(matrix).mapToDouble(row -> Curvature.dot(row, vector)).toArray();
  }

  /** A symmetric matrix with these eigenvalues: turned by random reflections. */
  private static double[][] symmetric(SeededRandom random, double... eigenvalues) {
    int size = eigenvalues.length;
    double[][] matrix = new double[size][size];
    for (int k = 0; k < size; k++) {
      matrix[k][k] = eigenvalues[k];
    }
    for (int turn = 0; turn < 3; turn++) {
      double[] u = random.doubles(size, -1, 1).toArray();
      double scale = 2 / Curvature.dot(u, u);
      double[] mu = times(matrix).apply(u);
      double umu = Curvature.dot(u, mu);
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          matrix[i][j] +=
              -scale * (u[i] * mu[j] + mu[i] * u[j]) + scale * scale * umu * u[i] * u[j];
        }
      }
    }
    return matrix;
  }

  @Test
  void lanczosFindsAllEigenvaluesInAsManySteps() {
    var random = SeededRandom.fresh();
    double[] wanted = {-7, -1.5, 0.1, 0.2, 1, 2, 3, 11, 12, 40, 41};
    double[] found = Lanczos.eigenvalues(times(symmetric(random, wanted)), 11, 99, 5);
    assertThat(found).containsExactly(wanted, within(1e-4));
  }

  @Test
  void lanczosFindsTheExtremesFirst() {
    var random = SeededRandom.fresh();
    double[] many = new double[151];
    Arrays.setAll(many, k -> k / 151.0);
    many[149] = 5;
    many[150] = 9;
    many[0] = -3;
    double[] found = Lanczos.eigenvalues(times(symmetric(random, many)), 151, 20, 5);
    assertThat(found).hasSize(20);
    assertThat(found[19]).isCloseTo(9, within(1e-4));
    assertThat(found[18]).isCloseTo(5, within(1e-3));
    assertThat(found[0]).isCloseTo(-3, within(1e-3));
  }

  @Test
  void anInvariantSpaceEndsLanczos() {
    assertThat(Lanczos.eigenvalues(vector -> new double[vector.length], 6, 20, 1))
        .containsExactly(0);
    assertThat(Lanczos.eigenvalues(vector -> vector.clone(), 6, 20, 1))
        .satisfies(found -> assertThat(found[found.length - 1]).isCloseTo(1, within(1e-6)));
  }

  @Test
  void theTraceOfADiagonalIsExactAndOthersAreNear() {
    UnaryOperator<double[]> diagonal = vector -> new double[] {3 * vector[0], -vector[1]};
    CurvatureTrace.Estimate exact = CurvatureTrace.estimate(diagonal, 2, 7);
    assertThat(exact.trace()).isEqualTo(2);
    assertThat(exact.error()).isZero();
    assertThat(exact.vectors()).isEqualTo(10);
    var random = SeededRandom.of(11);
    double[] eigenvalues = random.doubles(60, -1, 4).toArray();
    CurvatureTrace.Estimate near =
        CurvatureTrace.estimate(times(symmetric(random, eigenvalues)), 60, 7);
    assertThat(near.trace())
        .isCloseTo(Arrays.stream(eigenvalues).sum(), Offset.offset(3 * near.error()));
  }

  /**
   * The Hessian of a softmax regression: the mean of {@code x x^T} times {@code diag(p) - p p^T}.
   */
  private static double[][] hessian(Model model, Dataset data) {
    Tensor x = Networks.all(data)[0];
    Tensor w = model.graph().initializer("w").orElseThrow();
    Tensor b = model.graph().initializer("b").orElseThrow();
    double[][] hessian = new double[INPUTS * CLASSES][INPUTS * CLASSES];
    for (int n = 0; n < data.size(); n++) {
      double[] p = new double[CLASSES];
      for (int c = 0; c < CLASSES; c++) {
        p[c] = b.realAt(c);
        for (int i = 0; i < INPUTS; i++) {
          p[c] += x.realAt((long) n * INPUTS + i) * w.realAt((long) i * CLASSES + c);
        }
        p[c] = Math.exp(p[c]);
      }
      double sum = Arrays.stream(p).sum();
      for (int i = 0; i < INPUTS * CLASSES; i++) {
        for (int j = 0; j < INPUTS * CLASSES; j++) {
          double one = p[i % CLASSES] / sum;
          double other = p[j % CLASSES] / sum;
          double xx =
              x.realAt((long) n * INPUTS + i / CLASSES) * x.realAt((long) n * INPUTS + j / CLASSES);
          double curved = (i % CLASSES == j % CLASSES ? one : 0) - one * other;
          hessian[i][j] += xx * curved / data.size();
        }
      }
    }
    return hessian;
  }

  @Test
  void aSoftmaxRegressionIsCurvedAsItsFormulaSays() {
    var random = SeededRandom.of(23);
    Dataset data = Networks.classified(random, 37, INPUTS, CLASSES);
    Model model = Networks.linear(random.gaussian(INPUTS, CLASSES), random.gaussian(CLASSES));
    double[][] hessian = hessian(model, data);
    double[] exact = Lanczos.eigenvalues(times(hessian), hessian.length, 99, 3);
    try (Subject subject = Networks.subject(model, data, data)) {
      var curvature =
          new Curvature(subject.layers(), subject.evidence(subject.training()), () -> {});
      double[] vector = random.doubles(curvature.size(), -1, 1).toArray();
      assertThat(curvature.apply(vector))
          .containsExactly(times(hessian).apply(vector), within(1e-5));
      Findings spectrum = subject.findings(new CurvatureSpectrum());
      assertThat(spectrum.number("largest")).isCloseTo(exact[exact.length - 1], within(1e-4));
      double trace = 0;
      for (int k = 0; k < hessian.length; k++) {
        trace += hessian[k][k];
      }
      Findings found = subject.findings(new CurvatureTrace());
      assertThat(found.number("trace"))
          .isCloseTo(trace, Offset.offset(5 * found.number("standardError") + 1e-5));
    }
  }

  @Test
  void prunedWeightsAreNoDirections() {
    var random = SeededRandom.fresh();
    Dataset data = Networks.classified(random, 37, INPUTS, CLASSES);
    Model model = Networks.linear(random.gaussian(INPUTS, CLASSES), random.gaussian(CLASSES));
    Model pruned = Recipe.named("magnitude").sparsity(0.4).apply(model).model();
    double[][] hessian = hessian(pruned, data);
    Tensor w = pruned.graph().initializer("w").orElseThrow();
    int[] kept = IntStream.range(0, 15).filter(k -> w.realAt(k) != 0).toArray();
    try (Subject subject = Networks.subject(pruned, data, data)) {
      var curvature =
          new Curvature(subject.layers(), subject.evidence(subject.training()), () -> {});
      assertThat(curvature.size()).isEqualTo(9);
      for (int k = 0; k < 9; k++) {
        double[] unit = new double[9];
        unit[k] = 1;
        int at = k;
        assertThat(curvature.apply(unit))
            .containsExactly(
                Arrays.stream(kept).mapToDouble(row -> hessian[row][kept[at]]).toArray(),
                within(1e-5));
      }
    }
  }
}
