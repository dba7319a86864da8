package org.espalier.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Map;
import org.espalier.engine.kernel.Kernels;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How far long sums are from the exact ones. Made in one go, a sum of {@code n} numbers of either
 * sign is off by some {@code sqrt(n) / 4} units, 16 to 22 of them here; one of shorter sums by
 * less.
 */
class RoundingTest {
  private static final double UNIT = 0x1p-24;
  private static final int OUTPUTS = 480;

  /** Rows from which on portable kernels make shorter sums, too. */
  private static final int SOME = 4;

  private final SeededRandom random = SeededRandom.fresh();

  @ParameterizedTest
  @CsvSource({
    "4000, 1, 1",
    "4000, 1, 0.3",
    "8000, 3, 1",
    "4000, 16, 1",
    "4000, 16, 0.5",
    "4000, 16, 0.2"
  })
  void longSumsAreNearToTheExactOnes(int inputs, int rows, double density) {
    assumeTrue(rows >= SOME || Kernels.best().isMachineCode(), "portable kernels");
    Tensor x = random.gaussian(rows, inputs);
    Tensor w = random.gaussian(inputs, OUTPUTS);
    for (long k = 0; k < w.size(); k++) {
      w.setFloat(k, random.nextDouble() < density ? w.floatAt(k) : 0);
    }
    var model = new SmallModel(x);
    model.then("MatMul", Map.of(), model.weight(w));
    try (Session session = Engine.compile(model.build(), new Options(1))) {
      float[] y = session.run(x).floats();
      assertThat(error(x.floats(), w.floats(), y))
          .as(session.plan().toString())
          .isLessThan(6 * UNIT);
    }
  }

  /** The square root of the mean squared error, relative to that of the mean squared result. */
  private static double error(float[] x, float[] w, float[] y) {
    int inputs = w.length / OUTPUTS;
    double error = 0;
    double size = 0;
    for (int k = 0; k < y.length; k++) {
      double exact = 0;
      for (int i = 0; i < inputs; i++) {
        exact += (double) w[i * OUTPUTS + k % OUTPUTS] * x[k / OUTPUTS * inputs + i];
      }
      error += Math.pow(y[k] - exact, 2);
      size += exact * exact;
    }
    return Math.sqrt(error / size);
  }
}
