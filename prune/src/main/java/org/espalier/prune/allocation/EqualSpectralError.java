package org.espalier.prune.allocation;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.espalier.prune.Allocation;
import org.espalier.prune.Counts;
import org.espalier.prune.Demand;
import org.espalier.prune.Layer;
import org.espalier.prune.LayerMatrix;
import org.espalier.prune.Mask;
import org.espalier.prune.Selection;
import org.espalier.torch.Libtorch;

/**
 * Equal spectral errors (after Yao et al., 2023): each layer is pruned until what is gone of its
 * matrix has the same spectral norm, relative to the layer's own, as in all others. By Weyl's
 * inequality no singular value moves farther than that. The catalogue's form; the paper's own isn't
 * public.
 */
public final class EqualSpectralError implements Allocation {
  /** Shares of a layer at which the error is measured; between them it's a line. */
  private static final double[] GONE = {
    0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.96, 0.98, 0.99, 0.995, 1
  };

  private static final int ITERATIONS = 30;
  private static final int BISECTIONS = 60;

  @Override
  public String name() {
    return "spectral";
  }

  @Override
  public long[] counts(Demand demand) {
    double[][] errors = new double[demand.layers().size()][];
    Arrays.setAll(errors, k -> errors(demand, k));
    double low = 0;
    double high = 1;
    for (int k = 0; k < BISECTIONS; k++) {
      double middle = (low + high) / 2;
      double gone = 0;
      for (int layer = 0; layer < errors.length; layer++) {
        gone += amount(errors[layer], middle) * demand.layers().get(layer).size();
      }
      if (gone < demand.prune()) {
        low = middle;
      } else {
        high = middle;
      }
    }
    double error = high;
    return Counts.of(
        demand, Arrays.stream(errors).mapToDouble(layer -> 1 - amount(layer, error)).toArray());
  }

  /** The relative spectral norm of what is gone, at each share; it never falls. */
  private static double[] errors(Demand demand, int number) {
    Layer layer = demand.layers().get(number);
    double[] errors = new double[GONE.length];
    try (var _ = new PointerScope()) {
      Tensor dense = LayerMatrix.of(layer);
      double whole = norm(dense);
      for (int k = 1; k < GONE.length && whole > 0; k++) {
        long gone = Math.min(layer.size() - 1L, Math.round(GONE[k] * layer.size()));
        Mask mask =
            new Selection(demand.pattern(), UNIFORM)
                .masks(List.of(layer), List.of(demand.scores().get(number)), gone)
                .byWeight()
                .get(layer.weight());
        Tensor rest = LayerMatrix.of(layer, mask.apply(layer.tensor()));
        double error = k == GONE.length - 1 ? 1 : norm(dense.sub(rest)) / whole;
        errors[k] = Math.max(errors[k - 1], error);
      }
    }
    return errors;
  }

  /** The largest share whose error isn't above this one. */
  static double amount(double[] errors, double error) {
    int last = 0;
    while (last + 1 < errors.length && errors[last + 1] <= error) {
      last++;
    }
    if (last + 1 == errors.length) {
      return 1;
    }
    double part = (error - errors[last]) / (errors[last + 1] - errors[last]);
    return GONE[last] + part * (GONE[last + 1] - GONE[last]);
  }

  /** The largest singular value of a matrix in float64, by power iteration. */
  static double norm(Tensor matrix) {
    double[] start = new SplittableRandom(1).doubles(matrix.size(1), -1, 1).toArray();
    try (var _ = new PointerScope()) {
      Tensor vector = Libtorch.view(org.espalier.graph.Tensor.of(start, start.length)).clone();
      double square = 0;
      for (int k = 0; k < ITERATIONS; k++) {
        double length = vector.norm().item_double();
        if (length == 0) {
          return 0;
        }
        vector = matrix.t().mv(matrix.mv(vector.div(new Scalar(length))));
        square = vector.norm().item_double();
      }
      return Math.sqrt(square);
    }
  }

  @Override
  public String toString() {
    return name();
  }
}
