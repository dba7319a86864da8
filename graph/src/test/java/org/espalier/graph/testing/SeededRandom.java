package org.espalier.graph.testing;

import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * Random numbers for a test; the seed is printed and can be given again. A build must say the same
 * of the same sources on every machine, so a plain run draws the same numbers each time, others for
 * each test; {@code -Despalier.seed=random} draws afresh, to look for what they don't show.
 */
public final class SeededRandom extends Random {
  private static final long serialVersionUID = 1L;

  private static final StackWalker CALLERS =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  /** How many seeds each class has drawn. */
  private static final Map<String, Integer> DRAWN = new ConcurrentHashMap<>();

  private SeededRandom(long seed) {
    super(seed);
  }

  /** The calling test's next seed, or the one given with {@code -Despalier.seed=N|random}. */
  public static SeededRandom fresh() {
    String given = System.getProperty("espalier.seed");
    String caller = CALLERS.getCallerClass().getName();
    long seed =
        switch (given) {
          case null -> 1_000L * caller.hashCode() + DRAWN.merge(caller, 1, Integer::sum);
          case "random" -> System.nanoTime();
          default -> Long.parseLong(given);
        };
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
