package org.espalier.graph.pass;

import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Scalars and short vectors of any numeric type. */
final class Scalars {
  private Scalars() {}

  static Tensor of(DataType type, double value) {
    return vector(type, value).reshape();
  }

  static Tensor vector(DataType type, double... values) {
    Tensor tensor = Tensor.allocate(type, values.length);
    for (int k = 0; k < values.length; k++) {
      tensor.setReal(k, values[k]);
    }
    return tensor;
  }
}
