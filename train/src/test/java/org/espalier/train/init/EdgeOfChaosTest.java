package org.espalier.train.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.espalier.graph.InvalidInputException;
import org.junit.jupiter.api.Test;

class EdgeOfChaosTest {
  private static final double TENTH = 0.1;

  private static UnaryOperator<double[]> each(DoubleUnaryOperator phi) {
    return x -> Arrays.stream(x).map(phi).toArray();
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** An activation with its slope, by hand. */
  private record Known(String name, DoubleUnaryOperator phi, DoubleUnaryOperator slope) {}

  private static final Known TANH =
      new Known("tanh", Math::tanh, x -> 1 - Math.pow(Math.tanh(x), 2));
  private static final Known SIGMOID =
      new Known("sigmoid", EdgeOfChaosTest::sigmoid, x -> sigmoid(x) * (1 - sigmoid(x)));
  private static final Known SILU =
      new Known("silu", x -> x * sigmoid(x), x -> sigmoid(x) * (1 + x * (1 - sigmoid(x))));
  // GELU in the form with tanh, whose slope needs no error function
  private static final double ROOT = Math.sqrt(2 / Math.PI);
  private static final Known GELU =
      new Known(
          "gelu",
          x -> x / 2 * (1 + Math.tanh(ROOT * (x + 0.044715 * x * x * x))),
          x -> {
            double t = Math.tanh(ROOT * (x + 0.044715 * x * x * x));
            return (1 + t) / 2 + x / 2 * (1 - t * t) * ROOT * (1 + 3 * 0.044715 * x * x);
          });
  private static final Known ELU =
      new Known("elu", x -> x > 0 ? x : Math.expm1(x), x -> x > 0 ? 1 : Math.exp(x));
  private static final Known RELU6 =
      new Known("relu6", x -> Math.clamp(x, 0, 6), x -> x > 0 && x < 6 ? 1 : 0);

  @Test
  void whatIsKnownInClosedForm() {
    assertThat(variance(x -> Math.max(x, 0))).isCloseTo(2, within(1e-6));
    assertThat(variance(x -> x)).isCloseTo(1, within(1e-6));
    assertThat(variance(x -> x > 0 ? x : 0.1 * x)).isCloseTo(2 / 1.01, within(1e-6));
    assertThat(variance(x -> -3 * x)).isCloseTo(1 / 9.0, within(1e-6));
    assertThat(variance(TANH.phi())).isCloseTo(1, within(1e-6));
    assertThat(variance(ELU.phi())).isCloseTo(1, within(1e-6));
    assertThat(variance(x -> Math.clamp(x, -1, 1))).isCloseTo(1, within(1e-6));
    assertThat(variance(x -> x / (1 + Math.abs(x)))).isCloseTo(1, within(1e-3)); // bent at zero
  }

  /** sw^2 without biases. */
  private static double variance(DoubleUnaryOperator phi) {
    EdgeOfChaos edge = EdgeOfChaos.of(each(phi)).orElseThrow();
    assertThat(edge.biases()).isZero();
    return edge.weights() * edge.weights();
  }

  /** Both equations hold, by another quadrature and the slope in closed form. */
  @Test
  void deepLayersKeepTheirVarianceAndGradients() {
    check(TANH, 0.05);
    check(TANH, 0.3);
    check(TANH, 1);
    check(SIGMOID, 0);
    check(SIGMOID, 0.5);
    check(GELU, 0.5);
    check(SILU, 1);
    check(ELU, 0.2);
    check(RELU6, 0.5);
  }

  private static void check(Known known, double sb) {
    EdgeOfChaos edge = EdgeOfChaos.of(each(known.phi()), sb).orElseThrow();
    double sw2 = edge.weights() * edge.weights();
    double root = Math.sqrt(edge.variance());
    double q = sb * sb + sw2 * expected(z -> Math.pow(known.phi().applyAsDouble(root * z), 2));
    double chi = sw2 * expected(z -> Math.pow(known.slope().applyAsDouble(root * z), 2));
    String of = known.name() + " with " + sb;
    assertThat(edge.biases()).isEqualTo(sb);
    assertThat(q).as(of).isCloseTo(edge.variance(), within(1e-3 * edge.variance()));
    assertThat(chi).as(of).isCloseTo(1, within(1e-3));
    // from elsewhere, layers lead there
    double other = 1.2 * edge.variance();
    for (int layer = 0; layer < 2000; layer++) {
      double now = Math.sqrt(other);
      other = sb * sb + sw2 * coarsely(z -> Math.pow(known.phi().applyAsDouble(now * z), 2));
    }
    assertThat(other).as(of).isCloseTo(edge.variance(), within(0.02 * edge.variance()));
  }

  /** The mean over a normal number, by Simpson's rule. */
  private static double expected(DoubleUnaryOperator f) {
    return simpson(f, 200_000);
  }

  private static double coarsely(DoubleUnaryOperator f) {
    return simpson(f, 300);
  }

  private static double simpson(DoubleUnaryOperator f, int n) {
    double sum = 0;
    for (int k = 0; k <= n; k++) {
      double z = -8 + 16.0 * k / n;
      int weight = k == 0 || k == n ? 1 : k % 2 == 0 ? 2 : 4;
      sum += weight * f.applyAsDouble(z) * Math.exp(-z * z / 2);
    }
    return sum * 16 / n / 3 / Math.sqrt(2 * Math.PI);
  }

  @Test
  void someHaveNone() {
    UnaryOperator<double[]> relu = each(x -> Math.max(x, 0));
    assertThat(EdgeOfChaos.of(relu, TENTH)).isEmpty(); // the variance grows by it in each layer
    assertThat(EdgeOfChaos.of(each(x -> x), TENTH)).isEmpty();
    assertThat(EdgeOfChaos.of(each(GELU.phi()), 0)).isEmpty();
    assertThat(EdgeOfChaos.of(each(SILU.phi()), 0)).isEmpty();
    assertThat(EdgeOfChaos.of(each(x -> Math.log1p(Math.exp(x))))).isEmpty();
    assertThat(EdgeOfChaos.of(each(x -> 0))).isEmpty();
    assertThat(EdgeOfChaos.of(each(x -> 1 / x))).isEmpty();
  }

  @Test
  void smallestBiasesComeFirst() {
    assertThat(EdgeOfChaos.of(each(GELU.phi())).orElseThrow().biases()).isBetween(0.3, 0.5);
    assertThat(EdgeOfChaos.of(each(SIGMOID.phi())).orElseThrow().biases()).isZero();
  }

  @Test
  void aDeviationIsNoNegativeNumber() {
    assertThatThrownBy(() -> EdgeOfChaos.of(each(x -> x), -1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("-1.0");
    assertThatThrownBy(() -> EdgeOfChaos.of(each(x -> x), Double.NaN))
        .isInstanceOf(InvalidInputException.class);
  }
}
