package org.espalier.study.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;
import org.espalier.graph.Tensor;
import org.espalier.torch.Libtorch;

/**
 * Eigenvalues of a symmetric operator of which only products with vectors are known (Lanczos,
 * 1950), each new vector made orthogonal to all before it. The extreme ones converge first. Vectors
 * are kept as floats: a step costs four bytes for each unknown.
 */
final class Lanczos {
  /** Beyond rounding of products that are made in float32. */
  private static final double NOTHING = 1e-6;

  private Lanczos() {}

  /**
   * Approximations to some eigenvalues.
   *
   * @param size of the vectors
   * @param steps how many products at most
   * @return in ascending order, as many as there were steps
   */
  static double[] eigenvalues(UnaryOperator<double[]> of, int size, int steps, long seed) {
    List<float[]> basis = new ArrayList<>();
    var diagonal = new ArrayList<Double>();
    var beside = new ArrayList<Double>();
    double[] next = Curvature.signs(size, new SplittableRandom(seed));
    double largest = 0;
    while (basis.size() < Math.min(steps, size)) {
      double norm = Math.sqrt(Curvature.dot(next, next));
      if (!basis.isEmpty()) {
        if (norm <= NOTHING * largest) {
          break; // the vectors so far span a space of their own: its eigenvalues are exact
        }
        beside.add(norm);
      }
      float[] unit = new float[size];
      double[] vector = new double[size];
      for (int k = 0; k < size; k++) {
        unit[k] = (float) (next[k] / norm);
        vector[k] = unit[k];
      }
      basis.add(unit);
      next = of.apply(vector);
      largest = Math.max(largest, Math.sqrt(Curvature.dot(next, next)));
      diagonal.add(Curvature.dot(next, vector));
      for (int pass = 0; pass < 2; pass++) {
        basis.forEach(new Projection(next)::remove);
      }
    }
    return tridiagonal(diagonal, beside);
  }

  /** A vector from which others are taken out. */
  private record Projection(double[] vector) {
    void remove(float[] unit) {
      double along = 0;
      for (int k = 0; k < unit.length; k++) {
        along += vector[k] * unit[k];
      }
      for (int k = 0; k < unit.length; k++) {
        vector[k] -= along * unit[k];
      }
    }
  }

  private static double[] tridiagonal(List<Double> diagonal, List<Double> beside) {
    int size = diagonal.size();
    double[] matrix = new double[size * size];
    for (int k = 0; k < size; k++) {
      matrix[k * size + k] = diagonal.get(k);
      if (k + 1 < size) {
        matrix[k * size + k + 1] = beside.get(k);
        matrix[(k + 1) * size + k] = beside.get(k);
      }
    }
    try (var _ = new PointerScope()) {
      Tensor values =
          Libtorch.copy(torch.linalg_eigvalsh(Libtorch.view(Tensor.of(matrix, size, size))));
      double[] ascending = new double[size];
      for (int k = 0; k < size; k++) {
        ascending[k] = values.realAt(k);
      }
      return ascending;
    }
  }
}
