package org.espalier.prune.repair;

import java.util.Arrays;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * A weight in float64, to be computed with axis by axis.
 *
 * @param values in the order of a tensor's
 */
record Slab(double[] values, long[] dims) {
  static Slab of(Tensor tensor) {
    double[] values = new double[Math.toIntExact(tensor.size())];
    for (int k = 0; k < values.length; k++) {
      values[k] = tensor.realAt(k);
    }
    return new Slab(values, tensor.dims());
  }

  Tensor tensor(DataType type) {
    Tensor tensor = Tensor.allocate(type, dims);
    for (int k = 0; k < values.length; k++) {
      tensor.setReal(k, values[k]);
    }
    return tensor;
  }

  /** How many elements lie between neighbours along an axis. */
  int inner(int axis) {
    return Math.toIntExact(Tensor.elements(Arrays.copyOfRange(dims, axis + 1, dims.length)));
  }

  /** Multiplies all at an index of the axis with a factor, in place. */
  void scale(int axis, double[] factors) {
    int inner = inner(axis);
    for (int k = 0; k < values.length; k++) {
      values[k] *= factors[k / inner % factors.length];
    }
  }

  /**
   * A weight with other slices along an axis.
   *
   * @param sources for each new slice, which old ones it is made of
   * @param shares what these are multiplied with
   */
  Slab mixed(int axis, int[][] sources, double[][] shares) {
    int inner = inner(axis);
    int before = Math.toIntExact(dims[axis]);
    int outer = values.length / Math.max(1, inner * before);
    long[] sizes = dims.clone();
    sizes[axis] = sources.length;
    double[] mixed = new double[outer * sources.length * inner];
    for (int o = 0; o < outer; o++) {
      for (int k = 0; k < sources.length; k++) {
        int to = (o * sources.length + k) * inner;
        for (int s = 0; s < sources[k].length; s++) {
          int from = (o * before + sources[k][s]) * inner;
          for (int i = 0; i < inner; i++) {
            mixed[to + i] += shares[k][s] * values[from + i];
          }
        }
      }
    }
    return new Slab(mixed, sizes);
  }

  /** The elements at some indices of an axis, one index after the other. */
  double[] slices(int axis, int... indices) {
    int inner = inner(axis);
    int size = Math.toIntExact(dims[axis]);
    int outer = values.length / Math.max(1, inner * size);
    double[] slices = new double[indices.length * outer * inner];
    int to = 0;
    for (int index : indices) {
      for (int o = 0; o < outer; o++, to += inner) {
        System.arraycopy(values, (o * size + index) * inner, slices, to, inner);
      }
    }
    return slices;
  }
}
