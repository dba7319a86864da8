package org.espalier.train.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.graph.zoo.Zoo;
import org.espalier.torch.Autograd;
import org.espalier.torch.Libtorch;
import org.junit.jupiter.api.Test;

final class HsicBottleneckTest {
  private static double common(Tensor a, Tensor b) {
    return HsicBottleneck.common(HsicBottleneck.dependence(a), HsicBottleneck.dependence(b))
        .item_double();
  }

  @Test
  void aConstantTellsNothing() {
    try (var _ = new PointerScope()) {
      Tensor some = HsicBottleneck.gaussian(Rules.normal(1, 23, 7), 5);
      Tensor constant = HsicBottleneck.gaussian(torch.ones_like(Rules.normal(1, 23, 3)), 5);
      assertThat(common(some, constant)).isCloseTo(0, within(1e-9));
    }
  }

  @Test
  void withItselfItIsTheRankOfWhatIsCentred() {
    try (var _ = new PointerScope()) {
      Tensor thin = Rules.normal(2, 29, 3).mul(new Scalar(1e3));
      Tensor kernel = HsicBottleneck.linear(thin);
      assertThat(common(kernel, kernel)).isCloseTo(3, within(1e-5));
    }
  }

  @Test
  void theFormulaInPlainLoops() {
    long seed = SeededRandom.fresh().nextInt(1000);
    try (var _ = new PointerScope()) {
      Tensor x = Rules.normal(seed, 5, 3);
      float[] rows = Libtorch.copy(x.to(torch.ScalarType.Float)).floats();
      float[] kernel =
          Libtorch.copy(HsicBottleneck.gaussian(x, 2).to(torch.ScalarType.Float)).floats();
      for (int a = 0; a < 5; a++) {
        for (int b = 0; b < 5; b++) {
          double distance = 0;
          for (int k = 0; k < 3; k++) {
            distance += Math.pow(rows[3 * a + k] - rows[3 * b + k], 2);
          }
          assertThat((double) kernel[5 * a + b])
              .isCloseTo(Math.exp(-distance / (2 * 4 * 3)), within(1e-5));
        }
      }
    }
  }

  @Test
  void itsGradientIsThatOfFiniteDifferences() {
    long seed = SeededRandom.fresh().nextInt(1000);
    try (var _ = new PointerScope()) {
      Tensor z = Rules.normal(seed, 11, 4).set_requires_grad(true);
      Tensor labels =
          HsicBottleneck.dependence(HsicBottleneck.linear(Rules.normal(seed + 1, 11, 2)));
      Tensor value =
          HsicBottleneck.common(HsicBottleneck.dependence(HsicBottleneck.gaussian(z, 1)), labels);
      Tensor gradient = Autograd.gradients(value, Map.of("z", z)).get("z");
      Tensor direction = Rules.normal(seed + 2, 11, 4);
      double slope =
          Rules.slope(
              t ->
                  HsicBottleneck.common(
                          HsicBottleneck.dependence(
                              HsicBottleneck.gaussian(z.detach().add(direction, new Scalar(t)), 1)),
                          labels)
                      .item_double(),
              1e-5);
      assertThat(gradient.mul(direction).sum().item_double())
          .isCloseTo(slope, within(1e-4 * Math.abs(slope) + 1e-6));
    }
  }

  @Test
  void looksAtTheHiddenLayersAfterTheirActivations() {
    var seen = new ArrayList<Set<String>>();
    Rules.train(
        Zoo.build("lenet-5", 1),
        Rules.options(1),
        Rules.digits(31),
        new Rules.After((step, _) -> seen.add(HiddenValues.of(step))));
    assertThat(seen.getFirst()).containsExactly("conv1", "conv2", "relu");
  }
}
