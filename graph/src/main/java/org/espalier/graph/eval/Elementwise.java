package org.espalier.graph.eval;

import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;
import org.espalier.graph.DataType;
import org.espalier.graph.InvalidInputException;
import org.espalier.graph.Tensor;

/**
 * Applies a function to every element of one tensor, or to pairs of two that broadcast.
 *
 * <p>Floats are computed in double and rounded once, which for a single sum, product, quotient or
 * root gives the same float as computing in float. Integers are computed in 64 bits and keep their
 * low bits, which is how they wrap around.
 */
final class Elementwise {
  private Elementwise() {}

  /** A loop over {@code x}, in place. */
  @FunctionalInterface
  interface Floats1 {
    void apply(float[] x, int n);
  }

  /** A loop over {@code x} and {@code y}, leaving the result in {@code x}. */
  @FunctionalInterface
  interface Floats2 {
    void apply(float[] x, float[] y, int n);
  }

  static Tensor reals(Tensor x, DataType type, DoubleUnaryOperator f) {
    Tensor y = Tensor.allocate(type, x.dims());
    double[] lane = new double[Lanes.LENGTH];
    Lanes.each(
        x.size(),
        (from, n) -> {
          Lanes.read(x, from, 1, lane, n);
          for (int k = 0; k < n; k++) {
            lane[k] = f.applyAsDouble(lane[k]);
          }
          Lanes.write(y, from, lane, n);
        });
    return y;
  }

  static Tensor integers(Tensor x, DataType type, LongUnaryOperator f) {
    Tensor y = Tensor.allocate(type, x.dims());
    long[] lane = new long[Lanes.LENGTH];
    Lanes.each(
        x.size(),
        (from, n) -> {
          Lanes.read(x, from, 1, lane, n);
          for (int k = 0; k < n; k++) {
            lane[k] = f.applyAsLong(lane[k]);
          }
          Lanes.write(y, from, lane, n);
        });
    return y;
  }

  /** A float tensor, with a loop of its own for speed. */
  static Tensor floats(Tensor x, Floats1 loop) {
    Tensor y = Tensor.allocate(DataType.FLOAT, x.dims());
    float[] lane = new float[Lanes.LENGTH];
    Lanes.each(
        x.size(),
        (from, n) -> {
          Lanes.read(x, from, 1, lane, n);
          loop.apply(lane, n);
          Lanes.write(y, from, lane, n);
        });
    return y;
  }

  static Tensor floats(Call call, Tensor a, Tensor b, Floats2 loop) {
    Broadcast walk = broadcast(call, a, b);
    Tensor result = Tensor.allocate(DataType.FLOAT, walk.dims());
    float[] x = new float[Lanes.LENGTH];
    float[] y = new float[Lanes.LENGTH];
    walk.rows(
        (to, from, n) -> {
          Lanes.read(a, from[0], walk.stride(0), x, n);
          Lanes.read(b, from[1], walk.stride(1), y, n);
          loop.apply(x, y, n);
          Lanes.write(result, to, x, n);
        });
    return result;
  }

  static Tensor reals(Call call, Tensor a, Tensor b, DataType type, DoubleBinaryOperator f) {
    Broadcast walk = broadcast(call, a, b);
    Tensor result = Tensor.allocate(type, walk.dims());
    double[] x = new double[Lanes.LENGTH];
    double[] y = new double[Lanes.LENGTH];
    walk.rows(
        (to, from, n) -> {
          Lanes.read(a, from[0], walk.stride(0), x, n);
          Lanes.read(b, from[1], walk.stride(1), y, n);
          for (int k = 0; k < n; k++) {
            x[k] = f.applyAsDouble(x[k], y[k]);
          }
          Lanes.write(result, to, x, n);
        });
    return result;
  }

  static Tensor integers(Call call, Tensor a, Tensor b, DataType type, LongBinaryOperator f) {
    Broadcast walk = broadcast(call, a, b);
    Tensor result = Tensor.allocate(type, walk.dims());
    long[] x = new long[Lanes.LENGTH];
    long[] y = new long[Lanes.LENGTH];
    walk.rows(
        (to, from, n) -> {
          Lanes.read(a, from[0], walk.stride(0), x, n);
          Lanes.read(b, from[1], walk.stride(1), y, n);
          for (int k = 0; k < n; k++) {
            x[k] = f.applyAsLong(x[k], y[k]);
          }
          Lanes.write(result, to, x, n);
        });
    return result;
  }

  private static Broadcast broadcast(Call call, Tensor a, Tensor b) {
    return broadcast(call, List.of(a, b));
  }

  static Broadcast broadcast(Call call, List<Tensor> operands) {
    try {
      return Broadcast.of(operands);
    } catch (InvalidInputException problem) {
      throw call.invalid(problem.getMessage());
    }
  }
}
