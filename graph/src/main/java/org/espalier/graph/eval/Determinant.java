package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Tensor;

/** Det: determinants of the matrices of the last two axes, by elimination. */
final class Determinant {
  private Determinant() {}

  static void register(Map<String, Rule> rules) {
    rules.put("Det", Determinant::of);
  }

  private static List<Tensor> of(Call call) {
    Tensor x = Unary.floats(call, 0);
    int rank = x.rank();
    if (rank < 2 || x.dim(rank - 1) != x.dim(rank - 2)) {
      throw call.invalid("%s has no square matrices".formatted(x));
    }
    int n = (int) x.dim(rank - 1);
    Tensor y = Tensor.allocate(x.type(), Arrays.copyOf(x.dims(), rank - 2));
    double[] all = Lanes.reals(x);
    for (int k = 0; k < y.size(); k++) {
      double[][] rows = new double[n][];
      for (int row = 0; row < n; row++) {
        rows[row] = Arrays.copyOfRange(all, (k * n + row) * n, (k * n + row + 1) * n);
      }
      y.setReal(k, determinant(rows));
    }
    return List.of(y);
  }

  private static double determinant(double[][] rows) {
    double product = 1;
    for (int k = 0; k < rows.length; k++) {
      int pivot = k;
      for (int row = k + 1; row < rows.length; row++) {
        pivot = Math.abs(rows[row][k]) > Math.abs(rows[pivot][k]) ? row : pivot;
      }
      double[] chosen = rows[pivot];
      rows[pivot] = rows[k];
      rows[k] = chosen;
      product *= pivot == k ? chosen[k] : -chosen[k];
      for (int row = k + 1; row < rows.length && chosen[k] != 0; row++) {
        double factor = rows[row][k] / chosen[k];
        for (int column = k; column < rows.length; column++) {
          rows[row][column] -= factor * chosen[column];
        }
      }
    }
    return product;
  }
}
