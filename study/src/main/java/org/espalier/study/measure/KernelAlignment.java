package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.Executor;
import org.espalier.graph.InvalidInputException;
import org.espalier.reference.OnnxRuntime;
import org.espalier.torch.Libtorch;

/**
 * How alike the outputs of two networks are, whatever their rotation and scale: linear centred
 * kernel alignment, {@code |Y'X|^2 / (|X'X| |Y'Y|)} of centred outputs (Kornblith et al., 2019).
 */
final class KernelAlignment implements Measurement.OfTwo {
  private static final int MOST = 32 << 20;

  @Override
  public String name() {
    return "cka";
  }

  @Override
  public String title() {
    return "how alike both networks' outputs are, whatever their rotation and scale";
  }

  @Override
  public Findings of(Subject dense, Subject pruned) {
    return Findings.NONE.and("cka", cka(outputs(dense), outputs(pruned)));
  }

  /** The first output, a row for each example or token. */
  private static double[][] outputs(Subject subject) {
    var rows = new ArrayList<double[]>();
    long[] held = new long[1];
    try (Executor executor = OnnxRuntime.of(subject.model())) {
      subject
          .testing()
          .calibration(subject.model(), subject.settings().batch())
          .forEach(
              batch -> {
                var output = executor.run(batch.inputs()).values().iterator().next();
                int columns = (int) (output.rank() == 0 ? 1 : output.dim(-1));
                for (long from = 0; from < output.size() && held[0] < MOST; from += columns) {
                  double[] row = new double[columns];
                  for (int k = 0; k < columns; k++) {
                    row[k] = output.realAt(from + k);
                  }
                  rows.add(row);
                  held[0] += columns;
                }
              });
    }
    return rows.toArray(double[][]::new);
  }

  /** Of features in columns, with the same examples in the rows of both. */
  static double cka(double[][] x, double[][] y) {
    if (x.length != y.length || x.length < 2) {
      throw new InvalidInputException(
          "outputs of %d and %d examples, expected the same and 2 or more"
              .formatted(x.length, y.length));
    }
    try (var _ = new PointerScope()) {
      Tensor one = centred(x);
      Tensor other = centred(y);
      double both = square(other.t().mm(one));
      double norm = Math.sqrt(square(one.t().mm(one)) * square(other.t().mm(other)));
      return norm == 0 ? Double.NaN : both / norm;
    }
  }

  private static double square(Tensor matrix) {
    return matrix.square().sum().item().toDouble();
  }

  private static Tensor centred(double[][] rows) {
    double[] flat = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    Tensor matrix =
        Libtorch.view(org.espalier.graph.Tensor.of(flat, rows.length, flat.length / rows.length));
    Tensor ones = torch.ones(new long[] {1, rows.length}, new TensorOptions(ScalarType.Double));
    return matrix.sub(ones.mm(matrix).div(new Scalar((double) rows.length)));
  }
}
