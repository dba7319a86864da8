package org.espalier.prune.repair;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;
import org.espalier.prune.evidence.Site;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;

/**
 * X^T X and X^T Y of one layer, summed in float64 over all that was seen; X has a column of ones at
 * its end, whose weight is the intercept.
 */
final class NormalEquations implements AutoCloseable {
  /** Elements of unfolded input at a time. */
  private static final long SLICE = 8L << 20;

  private final List<org.espalier.graph.Tensor> left = new ArrayList<>();
  private final List<org.espalier.graph.Tensor> right = new ArrayList<>();

  /**
   * Adds one batch.
   *
   * @param data the layer's input
   * @param output DOUBLE [rows, outputs]: what the layer is to make of it
   */
  void add(Site site, Tensor data, Tensor output) {
    long examples = data.size(0);
    long perExample = output.size(0) / examples;
    boolean unfolds = site.node().op().equals("Conv");
    long step = unfolds ? Math.max(1, SLICE / Math.max(1, data.numel() / examples * 9)) : examples;
    for (long first = 0; first < examples; first += step) {
      try (var _ = new PointerScope()) {
        long count = Math.min(step, examples - first);
        Tensor some = unfolds ? data.narrow(0, first, count) : data;
        add(
            site.rows(some).to(ScalarType.Double),
            unfolds ? output.narrow(0, first * perExample, count * perExample) : output);
      }
    }
  }

  private void add(Tensor x, Tensor y) {
    long groups = x.size(0);
    long columns = x.size(2) + 1;
    long outputs = y.size(1) / groups;
    for (int group = 0; group < groups; group++) {
      if (left.size() == group) {
        left.add(zeros(columns, columns));
        right.add(zeros(columns, outputs));
      }
      Tensor ones = torch.ones_like(x.select(0, group).narrow(1, 0, 1));
      Tensor rows = torch.cat(new org.bytedeco.pytorch.TensorVector(x.select(0, group), ones), 1);
      Libtorch.view(left.get(group)).add_(rows.t().mm(rows));
      Libtorch.view(right.get(group)).add_(rows.t().mm(y.narrow(1, group * outputs, outputs)));
    }
  }

  private static org.espalier.graph.Tensor zeros(long... shape) {
    return org.espalier.graph.Tensor.allocate(DataType.DOUBLE, shape);
  }

  /**
   * Changes a layer's weights to the solution.
   *
   * @param matrix [outputs of all groups, columns], changed in place
   * @param intercept [outputs], changed in place; null where the layer has none
   * @param damping how strongly weights stay where they are, as a share of the mean square
   */
  void solve(Tensor matrix, Tensor intercept, double damping) {
    for (int group = 0; group < left.size(); group++) {
      Tensor all = Libtorch.view(left.get(group));
      Tensor aims = Libtorch.view(right.get(group));
      long columns = all.size(0) - 1;
      long outputs = aims.size(1);
      long size = intercept == null ? columns : columns + 1;
      Tensor system = all.narrow(0, 0, size).narrow(1, 0, size).clone();
      Tensor known = aims.narrow(0, 0, size).clone();
      Tensor old = matrix.narrow(0, group * outputs, outputs);
      double ridge = damping * all.diagonal().narrow(0, 0, columns).mean().item().toDouble();
      Tensor held = system.diagonal().narrow(0, 0, columns);
      held.add_(new Scalar(Math.max(ridge, Double.MIN_NORMAL)));
      known.narrow(0, 0, columns).add_(old.t().to(ScalarType.Double), new Scalar(ridge));
      Tensor solution = LinearAlgebra.solve(system, known);
      old.copy_(solution.narrow(0, 0, columns).t());
      if (intercept != null) {
        intercept.narrow(0, group * outputs, outputs).copy_(solution.select(0, columns));
      }
    }
  }

  @Override
  public void close() {
    left.clear();
    right.clear();
  }
}
