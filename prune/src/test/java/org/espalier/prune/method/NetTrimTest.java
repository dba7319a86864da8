package org.espalier.prune.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.espalier.graph.DataType;
import org.espalier.graph.Dim;
import org.espalier.graph.Graph;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Model;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;
import org.espalier.graph.ValueInfo;
import org.espalier.graph.testing.SeededRandom;
import org.espalier.prune.Layer;
import org.espalier.prune.LayerMatrix;
import org.espalier.prune.Layers;
import org.espalier.prune.Mask;
import org.espalier.prune.Outcome;
import org.espalier.prune.Recipe;
import org.espalier.prune.evidence.Calibration;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;
import org.junit.jupiter.api.Test;

class NetTrimTest {
  private final SeededRandom random = SeededRandom.fresh();

  /** y = relu(x W + b), or without the ReLU. */
  private static Model layer(Tensor weights, Tensor bias, boolean rectified) {
    return Model.of(
        new Graph(
            "layer",
            List.of(
                Node.of("Gemm", List.of("x", "w", "b"), List.of("z")),
                Node.of(rectified ? "Relu" : "Identity", List.of("z"), List.of("y"))),
            Map.of("w", weights, "b", bias),
            List.of(
                ValueInfo.of(
                    "x", DataType.FLOAT, Shape.of(Dim.symbol("N"), Dim.of(weights.dim(0))))),
            List.of(
                ValueInfo.of(
                    "y", DataType.FLOAT, Shape.of(Dim.symbol("N"), Dim.of(weights.dim(1)))))),
        10,
        21);
  }

  /** Squares of what is off: fully where the ReLU lets pass, above zero where it cuts off. */
  private static double error(Model expected, Tensor weights, Tensor bias, Tensor examples) {
    Tensor dense = expected.graph().initializers().get("w");
    double error = 0;
    int rows = (int) weights.dim(1);
    int columns = (int) weights.dim(0);
    for (int n = 0; n < examples.dim(0); n++) {
      for (int row = 0; row < rows; row++) {
        double a = bias.realAt(row);
        double b = a;
        for (int k = 0; k < columns; k++) {
          a += examples.realAt((long) n * columns + k) * dense.realAt((long) k * rows + row);
          b += examples.realAt((long) n * columns + k) * weights.realAt((long) k * rows + row);
        }
        error += Math.pow(a > 0 ? b - a : Math.max(b, 0), 2);
      }
    }
    return error;
  }

  @Test
  void theConstraintsAreMetAndTheNormFalls() {
    int samples = 60;
    int columns = 13;
    int rows = 5;
    try (var _ = new PointerScope()) {
      var x = LinearAlgebra.real(Libtorch.view(random.gaussian(samples, columns)));
      var dense = LinearAlgebra.real(Libtorch.view(random.gaussian(rows, columns)));
      var trim = new ConvexTrim(x, dense, LinearAlgebra.zeros(rows));
      double epsilon = 0.1 * trim.norm();
      trim.solve(epsilon, 20_000);
      var sparse = LinearAlgebra.real(trim.sparse());
      var before = x.mm(dense.t());
      var after = x.mm(sparse.t());
      double scale = 0.3 * Math.sqrt(x.t().mm(x).abs().max().item().toDouble());
      var active = before.gt(new Scalar(0.0));
      double off = after.sub(before).mul(active).norm().item().toDouble() / scale;
      assertThat(off / epsilon).isLessThan(1.001);
      double above = after.masked_fill(active, new Scalar(-1.0)).max().item().toDouble();
      assertThat(above).isLessThan(1e-3 * scale);
      assertThat(sparse.abs().sum().item().toDouble())
          .isLessThan(dense.abs().sum().item().toDouble());
      long kept = sparse.count_nonzero().item().toLong();
      assertThat(kept).isLessThan((long) rows * columns);
      trim.solve(5 * epsilon, 4000);
      var sparser = LinearAlgebra.real(trim.sparse());
      assertThat(sparser.count_nonzero().item().toLong()).isLessThanOrEqualTo(kept + 2);
      assertThat(sparser.abs().sum().item().toDouble())
          .isLessThan(sparse.abs().sum().item().toDouble());
    }
  }

  /** Dense weights that answer as sparse ones do, on inputs with a linear dependence. */
  @Test
  void thePlantedSupportIsFound() {
    int rows = 4;
    int columns = 10;
    Tensor weights = Tensor.of(new float[rows * columns], columns, rows);
    BitSet planted = new BitSet();
    for (int row = 0; row < rows; row++) {
      for (int k = 0; k < 3; k++) {
        int index = ((row * 3 + k * 4) % columns) * rows + row;
        planted.set(index);
        weights.setFloat(index, (random.nextBoolean() ? 1 : -1) * (float) random.nextDouble(1, 2));
      }
    }
    for (int k = 0; k < weights.size(); k++) {
      weights.setFloat(k, weights.floatAt(k) + 0.05f * (float) random.nextGaussian());
    }
    Model model = layer(weights, Tensor.of(new float[rows], rows), true);
    Calibration data = Calibration.of("x", random.gaussian(200, columns), null, 32);
    Outcome out = Recipe.named("net-trim").sparsity(0.7).apply(model, data);
    assertThat(out.masks().byWeight().get("w")).isEqualTo(Mask.keeping(40, planted));
  }

  @Test
  void whatAReluCutsOffIsLeftFree() {
    int rows = 7;
    int columns = 12;
    Tensor weights = random.gaussian(columns, rows);
    float[] low = new float[rows];
    Arrays.fill(low, -2); // mostly cut off
    Tensor bias = Tensor.of(low, rows);
    Tensor examples = random.gaussian(150, columns);
    Model model = layer(weights, bias, true);
    Layer layer = Layers.of(model).layers().getFirst();
    try (var _ = new PointerScope()) {
      var x = LinearAlgebra.real(Libtorch.view(examples));
      var dense = LayerMatrix.of(layer);
      var mask = Libtorch.view(random.gaussian(rows, columns)).gt(new Scalar(0.0));
      var limit = LinearAlgebra.zeros(rows).add_(new Scalar(2.0));
      var none = limit.mul(new Scalar(Double.NEGATIVE_INFINITY));
      double[] errors = new double[2];
      for (int k = 0; k < 2; k++) {
        var fitted = new ConvexTrim(x, dense, k == 0 ? limit : none).fit(mask, 600);
        errors[k] = error(model, LayerMatrix.tensor(layer, fitted), bias, examples);
      }
      assertThat(errors[0]).isLessThan(errors[1]);
    }
    NetTrim.Cut cut = NetTrim.Cut.of(model.graph(), model.graph().consumers(), layer);
    assertThat(cut.limits()).containsOnly(2);
    assertThat(cut.signs()).containsOnly(1);
    Model linear = layer(weights, bias, false);
    assertThat(NetTrim.Cut.of(linear.graph(), linear.graph().consumers(), layer).limits())
        .containsOnly(Double.NEGATIVE_INFINITY);
  }

  @Test
  void poorDataGiveFiniteWeightsAndNanAnError() {
    Model model = layer(random.gaussian(6, 5), random.gaussian(5), true);
    Recipe recipe = Recipe.named("net-trim").sparsity(0.5);
    for (Tensor examples :
        new Tensor[] {
          random.gaussian(1, 6), Tensor.of(new float[6], 1, 6), random.gaussian(3, 6)
        }) {
      Outcome out = recipe.apply(model, Calibration.of("x", examples, null, 8));
      assertThat(out.masks().pruned()).isEqualTo(15);
      for (int k = 0; k < 30; k++) {
        double value = out.model().graph().initializers().get("w").realAt(k);
        assertThat(value).isCloseTo(0, within(50.0));
      }
    }
    Tensor nan = Tensor.of(new float[] {0, 1, Float.NaN, 0, 0, 0}, 1, 6);
    assertThatThrownBy(() -> recipe.apply(model, Calibration.of("x", nan, null, 8)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("not finite on the calibration data");
  }
}
