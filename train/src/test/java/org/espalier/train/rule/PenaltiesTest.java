package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.torch.Autograd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Penalties on weights: closed forms, bounds and slopes. */
final class PenaltiesTest {
  private static Tensor eye(long size) {
    return torch.eye(size, new TensorOptions(ScalarType.Double));
  }

  private static double condition(Tensor matrix) {
    Tensor values = torch.linalg_svdvals(matrix);
    return values.max().item_double() / values.min().item_double();
  }

  @ParameterizedTest
  @CsvSource({"13, 7", "7, 13", "11, 11"})
  void orthonormalColumnsCostAHalfAndNothingCostsLess(long rows, long columns) {
    long seed = SeededRandom.fresh().nextInt(1000);
    try (var _ = new PointerScope()) {
      Tensor random = Rules.normal(seed, rows, columns);
      Tensor tall = rows >= columns ? random : random.t();
      Tensor orthonormal = torch.linalg_qr(tall, "reduced").get0();
      Tensor matrix = rows >= columns ? orthonormal : orthonormal.t();
      double least = Conditioning.penalty(matrix, 1e-12).item_double();
      assertThat(least).isCloseTo(0.5, within(1e-9));
      assertThat(Conditioning.penalty(random, 1e-12).item_double()).isGreaterThan(least);
    }
  }

  @Test
  void theGradientOfTheConditionIsItsClosedForm() {
    long seed = SeededRandom.fresh().nextInt(1000);
    try (var _ = new PointerScope()) {
      Tensor w = Rules.normal(seed, 9, 5).set_requires_grad(true);
      Tensor found = Autograd.gradients(Conditioning.penalty(w, 1e-3), Map.of("w", w)).get("w");
      Tensor fixed = w.detach();
      Tensor inverse = torch.linalg_inv(fixed.t().mm(fixed).add(eye(5).mul(new Scalar(1e-3))));
      Tensor expected = fixed.sub(fixed.mm(inverse)).div(new Scalar(5.0));
      assertThat(found.sub(expected).abs().max().item_double()).isLessThan(1e-9);
    }
  }

  @Test
  void descentAloneMakesAMatrixWellConditioned() {
    try (var _ = new PointerScope()) {
      Tensor w = Rules.normal(3, 12, 8);
      assertThat(condition(w)).isGreaterThan(3);
      for (int k = 0; k < 300; k++) {
        Tensor leaf = w.detach().set_requires_grad(true);
        Tensor slope =
            Autograd.gradients(Conditioning.penalty(leaf, 1e-3), Map.of("w", leaf)).get("w");
        w = w.detach().sub(slope, new Scalar(0.5));
      }
      assertThat(condition(w)).isLessThan(1.5);
    }
  }

  @ParameterizedTest
  @CsvSource({"0.01", "1", "50"})
  void transformedL1LiesBetweenNothingAndItsBound(double a) {
    try (var _ = new PointerScope()) {
      for (double w : new double[] {-1e6, -3, -1e-9, 0, 1e-3, 1, 1e9}) {
        Tensor weight = torch.ones(1).to(ScalarType.Double).mul(new Scalar(w));
        double penalty = TransformedL1.penalty(weight, a).item_double();
        assertThat(penalty).isBetween(0.0, a + 1);
        assertThat(penalty).isCloseTo((a + 1) * Math.abs(w) / (a + Math.abs(w)), within(1e-9));
      }
      Tensor small = torch.ones(1).to(ScalarType.Double).mul(new Scalar(1e-9));
      assertThat(TransformedL1.penalty(small, a).item_double() / 1e-9)
          .isCloseTo((a + 1) / a, within(1e-4 * (a + 1) / a));
    }
  }
}
