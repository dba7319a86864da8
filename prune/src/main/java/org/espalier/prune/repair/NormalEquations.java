package org.espalier.prune.repair;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;
import org.espalier.torch.Libtorch;
import org.espalier.torch.LinearAlgebra;

/**
 * X^T X and X^T Y of one layer, summed in float64 over all that was seen, and the weights that
 * solve them. X is [groups, rows, columns] with a column of ones at its end, whose weight is the
 * intercept; Y is [rows, outputs of all groups].
 */
final class NormalEquations {
  private final Tensor before;
  private final boolean intercept;
  private final List<org.espalier.graph.Tensor> left = new ArrayList<>();
  private final List<org.espalier.graph.Tensor> right = new ArrayList<>();
  private final List<org.espalier.graph.Tensor> solution = new ArrayList<>();

  /**
   * No equations yet.
   *
   * @param before [outputs, columns without ones]: the weights that the layer has
   * @param intercept whether there is one to be fitted
   */
  NormalEquations(Tensor before, boolean intercept) {
    this.before = before;
    this.intercept = intercept;
  }

  void addInputs(Tensor x) {
    for (int group = 0; group < x.size(0); group++) {
      Tensor rows = x.select(0, group);
      add(left, group, rows, rows);
    }
  }

  void addOutputs(Tensor x, Tensor y) {
    long outputs = y.size(1) / x.size(0);
    for (int group = 0; group < x.size(0); group++) {
      add(right, group, x.select(0, group), y.narrow(1, group * outputs, outputs));
    }
  }

  private static void add(List<org.espalier.graph.Tensor> sums, int group, Tensor x, Tensor y) {
    if (sums.size() == group) {
      sums.add(org.espalier.graph.Tensor.allocate(DataType.DOUBLE, x.size(1), y.size(1)));
    }
    Libtorch.view(sums.get(group)).add_(x.t().mm(y));
  }

  /** For other outputs of the same inputs. */
  void forgetOutputs() {
    right.clear();
  }

  /**
   * Finds the weights; those that were zero stay zero.
   *
   * @param damping how strongly weights stay where they were, as a share of the mean square
   */
  void solve(double damping) {
    solution.clear();
    for (int group = 0; group < left.size(); group++) {
      try (var _ = new PointerScope()) {
        Tensor all = Libtorch.view(left.get(group));
        Tensor aims = Libtorch.view(right.get(group));
        long columns = all.size(0) - 1;
        long size = intercept ? columns + 1 : columns;
        Tensor system = all.narrow(0, 0, size).narrow(1, 0, size).clone();
        Tensor known = aims.narrow(0, 0, size).clone();
        Tensor old = before.narrow(0, group * aims.size(1), aims.size(1));
        double ridge = damping * all.diagonal().narrow(0, 0, columns).mean().item().toDouble();
        Tensor held = system.diagonal().narrow(0, 0, columns);
        held.add_(new Scalar(Math.max(ridge, Double.MIN_NORMAL)));
        known.narrow(0, 0, columns).add_(old.t().to(ScalarType.Double), new Scalar(ridge));
        Tensor found = LinearAlgebra.solve(system, known);
        keepZeros(system, known, old.t().eq(new Scalar(0)), found);
        solution.add(Libtorch.copy(found));
      }
    }
  }

  /**
   * Solves anew for outputs of which weights are to be zero: for the others alone, or where they
   * are the more, by what the inverse tells of the few.
   *
   * @param gone [columns without ones, outputs]
   * @param found [columns, outputs]
   */
  private static void keepZeros(Tensor system, Tensor known, Tensor gone, Tensor found) {
    Tensor inverse = null;
    for (long output = 0; output < found.size(1); output++) {
      long zeros = gone.select(1, output).count_nonzero().item().toLong();
      boolean few = 2 * zeros <= gone.size(0);
      if (inverse == null && zeros > 0 && few) {
        inverse = LinearAlgebra.inverse(system);
      }
      try (var _ = new PointerScope()) {
        Tensor one = found.narrow(1, output, 1);
        Tensor out = gone.select(1, output).nonzero().reshape(-1);
        if (zeros > 0 && few) {
          Tensor rows = inverse.index_select(0, out);
          Tensor corner = rows.index_select(1, out);
          one.sub_(rows.t().mm(LinearAlgebra.solve(corner, one.index_select(0, out))));
          one.index_fill_(0, out, new Scalar(0));
        } else if (zeros > 0) {
          Tensor stays = torch.ones_like(one.select(1, 0)).index_fill(0, out, new Scalar(0));
          Tensor places = stays.nonzero().reshape(-1);
          one.zero_();
          if (places.numel() > 0) {
            Tensor part = system.index_select(0, places).index_select(1, places);
            Tensor aims = known.narrow(1, output, 1).index_select(0, places);
            one.index_copy_(0, places, LinearAlgebra.solve(part, aims));
          }
        }
      }
    }
  }

  /** What the layer makes of inputs with the weights found: [rows, outputs]. */
  Tensor outputs(Tensor x) {
    var parts = new TensorVector();
    for (int group = 0; group < solution.size(); group++) {
      Tensor weights = Libtorch.view(solution.get(group));
      parts.push_back(x.select(0, group).narrow(1, 0, weights.size(0)).mm(weights));
    }
    return torch.cat(parts, 1);
  }

  /**
   * Writes the weights found.
   *
   * @param to [outputs, columns without ones]
   * @param offset [outputs]; null where there is no intercept
   */
  void store(Tensor to, Tensor offset) {
    for (int group = 0; group < solution.size(); group++) {
      Tensor weights = Libtorch.view(solution.get(group));
      long outputs = weights.size(1);
      long columns = weights.size(0) - (intercept ? 1 : 0);
      to.narrow(0, group * outputs, outputs).copy_(weights.narrow(0, 0, columns).t());
      if (intercept) {
        offset.narrow(0, group * outputs, outputs).copy_(weights.select(0, columns));
      }
    }
  }
}
