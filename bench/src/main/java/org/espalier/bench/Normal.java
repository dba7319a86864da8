package org.espalier.bench;

import java.util.Random;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Tensors of normal numbers, the same in every run. */
final class Normal {
  private Normal() {}

  static Tensor tensor(long seed, double deviation, long... dims) {
    var random = new Random(seed);
    Tensor tensor = Tensor.allocate(DataType.FLOAT, dims);
    for (long k = 0; k < tensor.size(); k++) {
      tensor.setFloat(k, (float) (deviation * random.nextGaussian()));
    }
    return tensor;
  }
}
