package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Mask;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;
import org.junit.jupiter.api.Test;

/** Transport plans and regressions on tiny problems whose answers are known. */
class SwapTest {
  private static final int SAMPLES = 7;
  private static final int WEIGHTS = 5;

  private final SeededRandom random = SeededRandom.fresh();

  private Tensor gaussian(long... dims) {
    return Libtorch.view(random.gaussian(dims)).to(ScalarType.Double).clone();
  }

  private static double[] values(Tensor tensor) {
    double[] values = new double[(int) tensor.numel()];
    tensor.contiguous().data_ptr_double().get(values);
    return values;
  }

  @Test
  void plansGiveAllTheirShareAndAreOrderedWithoutBlur() {
    try (var _ = new PointerScope()) {
      Tensor sources = gaussian(31);
      Tensor targets = gaussian(31);
      Tensor blurred = new Transport(0.1, 5000).plan(sources, targets);
      double[] all = values(blurred);
      for (int k = 0; k < 31; k++) {
        double row = 0;
        double column = 0;
        for (int j = 0; j < 31; j++) {
          row += all[k * 31 + j];
          column += all[j * 31 + k];
        }
        assertThat(row).isCloseTo(1 / 31.0, within(1e-6));
        assertThat(column).isCloseTo(1 / 31.0, within(1e-9));
      }
      double[] exact = values(new Transport(0, 1).plan(sources, targets));
      double[] near = values(new Transport(0.01, 20_000).plan(sources, targets));
      double[] from = values(sources);
      double[] to = values(targets);
      for (int i = 0; i < 31; i++) {
        double value = from[i];
        int rank = (int) Arrays.stream(from).filter(other -> other < value).count();
        for (int j = 0; j < 31; j++) {
          double target = to[j];
          boolean same = Arrays.stream(to).filter(other -> other < target).count() == rank;
          assertThat(exact[i * 31 + j]).isEqualTo(same ? 1.0 / 31 : 0);
        }
      }
      double cost = Swap.error(Libtorch.view(tensor(exact)), sources, targets);
      assertThat(Swap.error(Libtorch.view(tensor(near)), sources, targets))
          .isCloseTo(cost, within(31 * 0.01));
    }
  }

  private static org.espalier.graph.Tensor tensor(double[] values) {
    int n = (int) Math.sqrt(values.length);
    return org.espalier.graph.Tensor.of(values, n, n);
  }

  /** The objective for a plan that stays. */
  private static double objective(
      GradientFeatures a, Tensor plan, Tensor dense, Tensor w, Tensor reference, double ridge) {
    double apart = w.sub(reference).square().sum().item().toDouble();
    return Swap.error(plan, dense, a.times(List.of(w))) + ridge / 2 * apart;
  }

  @Test
  void theGradientIsTheObjectives() {
    try (var _ = new PointerScope()) {
      var a = new GradientFeatures(List.of(gaussian(SAMPLES, WEIGHTS)));
      Tensor reference = gaussian(WEIGHTS);
      Tensor w = gaussian(WEIGHTS);
      Tensor dense = a.times(List.of(reference));
      Tensor sparse = a.times(List.of(w));
      Tensor plan = new Transport(0.5, 5000).plan(dense, gaussian(SAMPLES));
      Tensor residual = sparse.sub(Swap.targets(plan, dense));
      double[] gradient =
          values(Swap.gradient(a, List.of(w), List.of(reference), residual, 0.3).getFirst());
      double step = 1e-5;
      for (int k = 0; k < WEIGHTS; k++) {
        Tensor up = w.clone();
        up.narrow(0, k, 1).add_(new Scalar(step));
        Tensor down = w.clone();
        down.narrow(0, k, 1).sub_(new Scalar(step));
        double slope =
            (objective(a, plan, dense, up, reference, 0.3)
                    - objective(a, plan, dense, down, reference, 0.3))
                / (2 * step);
        assertThat(gradient[k]).isCloseTo(slope, within(1e-6));
      }
    }
  }

  @Test
  void matchedOneToOneItIsARegressionOnTheSamples() {
    try (var _ = new PointerScope()) {
      var a = new GradientFeatures(List.of(gaussian(SAMPLES, WEIGHTS)));
      Tensor reference = gaussian(WEIGHTS);
      Tensor w = gaussian(WEIGHTS);
      Tensor dense = a.times(List.of(reference));
      Tensor plan = LinearAlgebra.zeros(SAMPLES, SAMPLES);
      plan.diagonal().fill_(new Scalar(1.0 / SAMPLES));
      Tensor residual = a.times(List.of(w)).sub(dense);
      assertThat(Swap.error(plan, dense, a.times(List.of(w))))
          .isCloseTo(residual.square().sum().item().toDouble() / 2, within(1e-9));
      assertThat(values(Swap.targets(plan, dense))).containsExactly(values(dense), within(1e-12));
    }
  }

  @Test
  void theOrderOfSamplesDoesntMatter() {
    try (var _ = new PointerScope()) {
      Tensor dense = gaussian(SAMPLES);
      Tensor sparse = gaussian(SAMPLES);
      for (double blur : new double[] {0, 0.2}) {
        var transport = new Transport(blur, 5000);
        double before = Swap.error(transport.plan(dense, sparse), dense, sparse);
        Tensor turned = sparse.flip(0);
        assertThat(Swap.error(transport.plan(dense, turned), dense, turned))
            .isCloseTo(before, within(1e-7));
      }
    }
  }

  @Test
  void theFitIsTheLeastOnItsSupport() {
    try (var _ = new PointerScope()) {
      Tensor matrix = gaussian(SAMPLES, WEIGHTS);
      var a = new GradientFeatures(List.of(matrix.narrow(1, 0, 2), matrix.narrow(1, 2, 3)));
      List<Tensor> reference = List.of(gaussian(2), gaussian(3));
      Tensor targets = gaussian(SAMPLES);
      List<Mask> masks =
          List.of(Mask.of(new boolean[] {true, false}), Mask.of(new boolean[] {true, true, false}));
      List<Tensor> fitted = a.fit(masks, reference, targets, 0.2);
      Tensor residual = a.times(fitted).sub(targets);
      List<Tensor> slopes = Swap.gradient(a, fitted, reference, residual, 0.2);
      double[] first = values(slopes.get(0));
      double[] second = values(slopes.get(1));
      assertThat(new double[] {first[0], second[0], second[1]})
          .containsExactly(new double[3], within(1e-9));
      assertThat(values(fitted.get(0))[1]).isZero();
      assertThat(values(fitted.get(1))[2]).isZero();
    }
  }
}
