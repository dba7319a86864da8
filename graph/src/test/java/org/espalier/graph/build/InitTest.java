package org.espalier.graph.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InitTest {
  private static final int SIZE = 100_003;

  @ParameterizedTest
  @CsvSource({
    "0.5, 0",
    "0.6, 0.2533471031357997",
    "0.95, 1.6448536269514722",
    "0.975, 1.959963984540054",
    "0.999, 3.090232306167813",
    "1e-10, -6.361340902404056",
    "1e-20, -9.262340089798408"
  })
  void quantileIsTheTable(double p, double expected) {
    assertThat(Normal.quantile(p))
        .isCloseTo(expected, within(2e-7 * Math.max(1, Math.abs(expected))));
    if (p > 1e-9) {
      assertThat(Normal.quantile(1 - p)).isCloseTo(-expected, within(1e-6));
    }
  }

  @Test
  void varianceIsWhatThePapersSay() {
    long seed = SeededRandom.fresh().nextLong();
    double in = 37;
    double out = 101;
    assertVariance(Init.normal(0.3), seed, 0.09);
    assertVariance(Init.uniform(0.3), seed, 0.03);
    assertVariance(Init.kaimingNormal(), seed, 2 / in);
    assertVariance(Init.kaimingUniform(), seed, 2 / in);
    assertVariance(Init.lecunNormal(), seed, 1 / in);
    assertVariance(Init.xavierNormal(), seed, 2 / (in + out));
    assertVariance(Init.xavierUniform(), seed, 2 / (in + out));
    // 1 - 2 * 2 * density(2) / probability within 2 deviations
    assertVariance(Init.truncatedNormal(0.02), seed, 0.0004 * 0.7737413);
    assertVariance(Init.kaimingNormal().times(3), seed, 18 / in);
  }

  private static void assertVariance(Init init, long seed, double expected) {
    Tensor tensor = init.sample(seed, "weight", 37, 101, SIZE);
    double sum = 0;
    double squares = 0;
    for (int k = 0; k < SIZE; k++) {
      sum += tensor.floatAt(k);
      squares += (double) tensor.floatAt(k) * tensor.floatAt(k);
    }
    double deviation = Math.sqrt(expected);
    assertThat(sum / SIZE).isCloseTo(0, within(5 * deviation / Math.sqrt(SIZE)));
    assertThat(squares / SIZE).isCloseTo(expected, within(0.03 * expected));
  }

  @Test
  void truncatedNormalStaysWithinTwoDeviations() {
    long seed = SeededRandom.fresh().nextLong();
    for (float value : Init.truncatedNormal(0.5).sample(seed, "weight", 1, 1, SIZE).floats()) {
      assertThat(value).isBetween(-1f, 1f);
    }
  }

  @Test
  void weightsHaveStreamsOfTheirOwn() {
    Tensor one = Init.normal(1).sample(1, "a", 1, 1, 1000);
    assertThat(Init.normal(1).sample(1, "a", 1, 1, 1000)).isEqualTo(one);
    double product = 0;
    Tensor other = Init.normal(1).sample(1, "b", 1, 1, 1000);
    for (int k = 0; k < 1000; k++) {
      product += (double) one.floatAt(k) * other.floatAt(k);
    }
    assertThat(product / 1000).as("correlation").isBetween(-0.2, 0.2);
  }

  /** Written down once: weights must not change with the machine, the JDK or a refactoring. */
  @Test
  void valuesAreForEver() {
    assertThat(Init.kaimingNormal().sample(42, "conv1.weight", 25, 500, 4).floats())
        .containsExactly(-0.0915349f, -0.21672219f, 0.20253031f, -0.40906876f);
  }
}
