package org.espalier.graph.build;

import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.function.DoubleUnaryOperator;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/**
 * The distribution that a weight starts from.
 *
 * <p>Every weight has a random stream of its own, made of the seed and the weight's name, so adding
 * a layer leaves the others as they were. All arithmetic is exact to the bit on every machine.
 */
@FunctionalInterface
public interface Init {
  /**
   * The value at a uniform random number between 0 and 1, both excluded, for a weight whose outputs
   * each sum {@code fanIn} inputs and whose inputs each reach {@code fanOut} outputs.
   */
  DoubleUnaryOperator quantile(double fanIn, double fanOut);

  /** The same number everywhere. */
  static Init constant(double value) {
    return (fanIn, fanOut) -> uniform -> value;
  }

  /** Uniform between {@code -bound} and {@code bound}. */
  static Init uniform(double bound) {
    return (fanIn, fanOut) -> uniform -> bound * (2 * uniform - 1);
  }

  /** Normal with mean 0. */
  static Init normal(double deviation) {
    return (fanIn, fanOut) -> uniform -> deviation * Normal.quantile(uniform);
  }

  /** Normal with mean 0, cut off at two standard deviations. */
  static Init truncatedNormal(double deviation) {
    return (fanIn, fanOut) ->
        uniform -> deviation * Normal.quantile(Normal.BELOW_2 + uniform * Normal.WITHIN_2);
  }

  /** Normal with variance 2 / fan-in, for layers before a ReLU (He et al., 2015). */
  static Init kaimingNormal() {
    return (fanIn, fanOut) -> normal(StrictMath.sqrt(2 / fanIn)).quantile(fanIn, fanOut);
  }

  /** Uniform with variance 2 / fan-in, for layers before a ReLU (He et al., 2015). */
  static Init kaimingUniform() {
    return (fanIn, fanOut) -> uniform(StrictMath.sqrt(6 / fanIn)).quantile(fanIn, fanOut);
  }

  /** Normal with variance 1 / fan-in, for layers without an activation (LeCun et al., 1998). */
  static Init lecunNormal() {
    return kaimingNormal().times(StrictMath.sqrt(0.5));
  }

  /** Normal with variance 2 / (fan-in + fan-out) (Glorot and Bengio, 2010). */
  static Init xavierNormal() {
    return (fanIn, fanOut) -> normal(StrictMath.sqrt(2 / (fanIn + fanOut))).quantile(fanIn, fanOut);
  }

  /** Uniform with variance 2 / (fan-in + fan-out) (Glorot and Bengio, 2010). */
  static Init xavierUniform() {
    return (fanIn, fanOut) ->
        uniform(StrictMath.sqrt(6 / (fanIn + fanOut))).quantile(fanIn, fanOut);
  }

  /** This distribution, each value multiplied by {@code gain}. */
  default Init times(double gain) {
    return (fanIn, fanOut) -> {
      DoubleUnaryOperator quantile = quantile(fanIn, fanOut);
      return uniform -> gain * quantile.applyAsDouble(uniform);
    };
  }

  /** This distribution for a weight whose layout doesn't tell its fans. */
  default Init fans(double fanIn, double fanOut) {
    DoubleUnaryOperator quantile = quantile(fanIn, fanOut);
    return (in, out) -> quantile;
  }

  /** A float tensor of this distribution. */
  default Tensor sample(long seed, String name, double fanIn, double fanOut, long... dims) {
    DoubleUnaryOperator quantile = quantile(fanIn, fanOut);
    DoubleSupplier uniform = uniforms(seed, name);
    Tensor tensor = Tensor.allocate(DataType.FLOAT, dims);
    long size = tensor.size();
    for (long k = 0; k < size; k++) {
      tensor.setFloat(k, (float) quantile.applyAsDouble(uniform.getAsDouble()));
    }
    return tensor;
  }

  private static DoubleSupplier uniforms(long seed, String name) {
    long key = 0xcbf29ce484222325L; // FNV-1a over the name
    for (int k = 0; k < name.length(); k++) {
      key = (key ^ name.charAt(k)) * 0x100000001b3L;
    }
    var random = new SplittableRandom(new SplittableRandom(seed).nextLong() ^ key);
    return () -> ((random.nextLong() >>> 12) + 0.5) * 0x1p-52;
  }
}
