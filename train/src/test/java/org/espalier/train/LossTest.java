package org.espalier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.ValueLayout;
import org.bytedeco.javacpp.PointerScope;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.torch.Libtorch;
import org.junit.jupiter.api.Test;

/** Losses against their definitions in double arithmetic. */
final class LossTest {
  private static double loss(Loss loss, Tensor output, Tensor targets) {
    try (var _ = new PointerScope()) {
      return loss.of(Libtorch.view(output), Libtorch.view(targets)).item_double();
    }
  }

  /** Each target's own share of the loss comes from {@code from} with steps of {@code stride}. */
  private static double crossEntropy(
      Tensor output, int from, int stride, int classes, long label, double smoothing) {
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += Math.exp(output.realAt(from + (long) c * stride));
    }
    double loss = 0;
    for (int c = 0; c < classes; c++) {
      double wanted = smoothing / classes + (c == label ? 1 - smoothing : 0);
      loss -= wanted * (output.realAt(from + (long) c * stride) - Math.log(sum));
    }
    return loss;
  }

  private static Tensor labels(SeededRandom random, int classes, long... dims) {
    Tensor labels = Tensor.of(new long[Math.toIntExact(Tensor.elements(dims))], dims);
    for (int k = 0; k < labels.size(); k++) {
      labels.data().set(ValueLayout.JAVA_LONG, 8L * k, random.nextInt(classes));
    }
    return labels;
  }

  @Test
  void crossEntropyOfClassesTokensAndPixels() {
    var random = SeededRandom.fresh();
    for (double smoothing : new double[] {0, 0.1}) {
      Tensor classes = random.gaussian(5, 7);
      Tensor wanted = labels(random, 7, 5);
      double expected = 0;
      for (int k = 0; k < 5; k++) {
        expected += crossEntropy(classes, 7 * k, 1, 7, wanted.integerAt(k), smoothing) / 5;
      }
      assertThat(loss(new Loss.CrossEntropy(smoothing), classes, wanted))
          .isCloseTo(expected, within(1e-5));

      Tensor tokens = random.gaussian(3, 5, 11);
      Tensor next = labels(random, 11, 3, 5);
      expected = 0;
      for (int k = 0; k < 15; k++) {
        expected += crossEntropy(tokens, 11 * k, 1, 11, next.integerAt(k), smoothing) / 15;
      }
      assertThat(loss(new Loss.CrossEntropy(smoothing), tokens, next))
          .isCloseTo(expected, within(1e-5));

      Tensor pixels = random.gaussian(2, 3, 4, 5);
      Tensor segments = labels(random, 3, 2, 4, 5);
      expected = 0;
      for (int k = 0; k < 40; k++) {
        int from = k / 20 * 60 + k % 20;
        expected += crossEntropy(pixels, from, 20, 3, segments.integerAt(k), smoothing) / 40;
      }
      assertThat(loss(new Loss.CrossEntropy(smoothing), pixels, segments))
          .isCloseTo(expected, within(1e-5));
    }
  }

  @Test
  void meanSquares() {
    Tensor output = Tensor.of(new float[] {1, 2, 3, 4}, 4, 1);
    Tensor targets = Tensor.of(new float[] {0, 2, 5, 4}, 4);
    assertThat(loss(new Loss.MeanSquares(), output, targets)).isCloseTo(1.25, within(1e-6));
  }

  @Test
  void saysWhichShapesDontFit() {
    Tensor output = Tensor.of(new float[12], 4, 3);
    assertThatThrownBy(() -> loss(new Loss.CrossEntropy(0), output, Tensor.of(new long[5])))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("[4, 3]")
        .hasMessageContaining("[5]");
  }
}
