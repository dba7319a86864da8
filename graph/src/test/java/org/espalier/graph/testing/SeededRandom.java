package org.espalier.graph.testing;

import java.util.Random;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** Random numbers for a test, drawn afresh each run; the seed is printed and can be given again. */
public final class SeededRandom extends Random {
  private static final long serialVersionUID = 1L;

  private SeededRandom(long seed) {
    super(seed);
  }

  /** A new seed, or the one given with {@code -Despalier.seed=N}; printed either way. */
  public static SeededRandom fresh() {
    long seed = Long.getLong("espalier.seed", System.nanoTime());
    System.out.println("-Despalier.seed=" + seed);
    return new SeededRandom(seed);
  }

  public static SeededRandom of(long seed) {
    return new SeededRandom(seed);
  }

  /** Standard normal floats. */
  public Tensor gaussian(long... dims) {
    Tensor tensor = Tensor.allocate(DataType.FLOAT, dims);
    for (long k = 0; k < tensor.size(); k++) {
      tensor.setFloat(k, (float) nextGaussian());
    }
    return tensor;
  }
}
