package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.Tensor;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Mask;
import org.espalier.prune.OneLayer;
import org.espalier.prune.evidence.Calibration;
import org.espalier.prune.evidence.Evidence;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;
import org.junit.jupiter.api.Test;

/** Transport plans and regressions on tiny problems whose answers are known. */
class SwapTest {
  private static final int EXAMPLES = 13;

  private final SeededRandom random = SeededRandom.fresh();

  private org.bytedeco.pytorch.Tensor gaussian(long... dims) {
    return Libtorch.view(random.gaussian(dims)).to(ScalarType.Double).clone();
  }

  private static double[] values(org.bytedeco.pytorch.Tensor tensor) {
    double[] values = new double[(int) tensor.numel()];
    tensor.contiguous().data_ptr_double().get(values);
    return values;
  }

  @Test
  void plansGiveAllTheirShareAndAreOrderedWithoutBlur() {
    try (var _ = new PointerScope()) {
      var sources = gaussian(31);
      var targets = gaussian(31);
      var blurred = new Sinkhorn(0.1, 5000).plan(sources, targets);
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
      double[] exact = values(new Sinkhorn(0, 1).plan(sources, targets));
      double[] near = values(new Sinkhorn(0.01, 20_000).plan(sources, targets));
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
      double cost = cost(Libtorch.view(tensor(exact)), sources, targets);
      assertThat(cost(Libtorch.view(tensor(near)), sources, targets)).isCloseTo(cost, within(0.01));
    }
  }

  /** {@code sum P_ij (y_i - z_j)^2}: what a plan costs. */
  private static double cost(
      org.bytedeco.pytorch.Tensor plan,
      org.bytedeco.pytorch.Tensor dense,
      org.bytedeco.pytorch.Tensor sparse) {
    var costs = dense.unsqueeze(1).sub(sparse.unsqueeze(0)).square_();
    return costs.mul_(plan).sum().item().toDouble();
  }

  private static Tensor tensor(double[] values) {
    int n = (int) Math.sqrt(values.length);
    return Tensor.of(values, n, n);
  }

  /** The objective's slopes vanish on the support, for the plan that its targets came from. */
  @Test
  void theFitIsTheLeastOnItsSupport() {
    Tensor x = random.gaussian(EXAMPLES, 5);
    var plain = OneLayer.of(random.gaussian(2, 5), x);
    var one =
        new OneLayer(
            plain.model(), plain.layer(), Calibration.of("x", x, random.gaussian(EXAMPLES, 2), 7));
    try (Evidence evidence = one.evidence();
        var _ = new PointerScope()) {
      double damping = 0.1;
      var problem = new SampleRegression(List.of(one.layer()), evidence, damping);
      var dense = problem.responses();
      var plan = new Sinkhorn(0.5, 5000).plan(dense, gaussian(EXAMPLES));
      var support = new Support(problem);
      support.aim(Swap.targets(plan, dense));
      boolean[] keeps = {true, false, true, true, false, true, false, true, true, false};
      support.become(Libtorch.view(Mask.of(keeps).toTensor(10)).to(ScalarType.Bool));
      double[] fitted = values(support.weights());
      double[][] gradients = gradients(evidence);
      double lambda = 0;
      for (double[] row : gradients) {
        lambda += damping * Arrays.stream(row).map(g -> g * g).sum() / (EXAMPLES * 10);
      }
      for (int k = 0; k < 10; k++) {
        double[] slopes = new double[2];
        for (int side = 0; side < 2; side++) {
          double[] moved = fitted.clone();
          moved[k] += side == 0 ? 1e-4 : -1e-4;
          slopes[side] = objective(one, gradients, values(plan), values(dense), moved, lambda);
        }
        double slope = (slopes[0] - slopes[1]) / 2e-4;
        assertThat(keeps[k] ? slope : 0).isCloseTo(0, within(1e-3));
        assertThat(keeps[k] || fitted[k] == 0).isTrue();
      }
    }
  }

  /** {@code n/2 sum P_ij (y_i - (A w)_j)^2 + n lambda/2 |w - w0|^2}, by loops. */
  private static double objective(
      OneLayer one, double[][] a, double[] plan, double[] y, double[] w, double lambda) {
    double sum = 0;
    double apart = 0;
    for (int k = 0; k < w.length; k++) {
      apart += Math.pow(w[k] - one.layer().tensor().realAt(k), 2);
    }
    for (int j = 0; j < a.length; j++) {
      double response = 0;
      for (int k = 0; k < w.length; k++) {
        response += a[j][k] * w[k];
      }
      for (int i = 0; i < a.length; i++) {
        sum += plan[i * a.length + j] * Math.pow(y[i] - response, 2);
      }
    }
    return a.length * (sum + lambda * apart) / 2;
  }

  private static double[][] gradients(Evidence evidence) {
    Tensor all = evidence.sampleGradients("w");
    double[][] rows = new double[EXAMPLES][10];
    for (int k = 0; k < EXAMPLES * 10; k++) {
      rows[k / 10][k % 10] = all.realAt(k);
    }
    return rows;
  }

  @Test
  void matchedOneToOneTheTargetsAreTheSamples() {
    try (var _ = new PointerScope()) {
      var dense = gaussian(EXAMPLES);
      var plan = LinearAlgebra.zeros(EXAMPLES, EXAMPLES);
      plan.diagonal().fill_(new Scalar(1.0 / EXAMPLES));
      assertThat(values(Swap.targets(plan, dense))).containsExactly(values(dense), within(1e-12));
    }
  }

  @Test
  void theOrderOfSamplesDoesntMatter() {
    try (var _ = new PointerScope()) {
      var dense = gaussian(EXAMPLES);
      var sparse = gaussian(EXAMPLES);
      for (double blur : new double[] {0, 0.2}) {
        var transport = new Sinkhorn(blur, 5000);
        double before = cost(transport.plan(dense, sparse), dense, sparse);
        var turned = sparse.flip(0);
        assertThat(cost(transport.plan(dense, turned), dense, turned))
            .isCloseTo(before, within(1e-7));
      }
    }
  }
}
