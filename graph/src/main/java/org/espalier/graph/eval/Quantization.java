package org.espalier.graph.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.espalier.graph.DataType;
import org.espalier.graph.Tensor;

/** To and from integers or small floats with a scale and a zero point. */
final class Quantization {
  private Quantization() {}

  static void register(Map<String, Rule> rules) {
    rules.put("QuantizeLinear", Quantization::quantize);
    rules.put("DequantizeLinear", Quantization::dequantize);
    rules.put("DynamicQuantizeLinear", Quantization::dynamicQuantize);
  }

  /** A scale or zero point in a shape that broadcasts to {@code x}. */
  private static Tensor spread(Call call, Tensor scale, Tensor x) {
    if (scale.size() == 1 && scale.rank() <= 1) {
      return scale.reshape();
    }
    int axis = call.axis("axis", 1, x.rank());
    long block = call.node().integer("block_size", 0);
    if (block == 0) {
      if (scale.rank() != 1 || scale.dim(0) != x.dim(axis)) {
        throw call.invalid("scale or zero point %s for axis %d of %s".formatted(scale, axis, x));
      }
      long[] dims = new long[x.rank()];
      Arrays.fill(dims, 1);
      dims[axis] = scale.dim(0);
      return scale.reshape(dims);
    }
    long[] expected = x.dims();
    expected[axis] = block < 0 ? -1 : Math.ceilDiv(expected[axis], block);
    if (!Arrays.equals(scale.dims(), expected)) {
      throw call.invalid(
          "scale or zero point %s for blocks of %d on axis %d of %s"
              .formatted(scale, block, axis, x));
    }
    Tensor wide = scale.type().bits() < 8 ? Casting.cast(scale, DataType.DOUBLE) : scale;
    return Gathering.pick(
        wide, axis, LongStream.range(0, x.dim(axis)).map(k -> k / block).toArray());
  }

  private static DataType output(Call call) {
    DataType zero = call.optional(2).map(Tensor::type).orElse(null);
    DataType named =
        call.node().integer("output_dtype", 0) == 0 ? zero : call.type("output_dtype", null);
    if (zero != null && named != zero) {
      throw call.invalid("output_dtype is %s, the zero point is %s".formatted(named, zero));
    }
    return named == null ? DataType.UINT8 : named;
  }

  private static List<Tensor> quantize(Call call) {
    Tensor x = call.input(0);
    Tensor scale = call.input(1);
    DataType type = output(call);
    DataType precision =
        call.node().integer("precision", 0) == 0 ? scale.type() : call.type("precision", null);
    boolean saturate = call.node().integer("saturate", 1) != 0;
    if (!precision.isFloat() || precision.bits() < 16) {
      precision = DataType.FLOAT;
    }
    Tensor quotient =
        Elementwise.reals(call, x, spread(call, scale, x), precision, (a, b) -> a / b);
    Tensor zero = call.optional(2).map(z -> spread(call, z, x)).orElse(null);
    if (type.isInteger() && type != DataType.UINT64 && type.bits() <= 32) {
      double least = Reduction.least(type);
      double most = Reduction.most(type);
      Tensor rounded = Elementwise.reals(quotient, DataType.DOUBLE, Math::rint);
      Tensor shift = zero == null ? Tensor.scalar(0f) : zero;
      return List.of(
          Elementwise.reals(
              call, rounded, shift, type, (a, b) -> Math.max(least, Math.min(most, a + b))));
    }
    if (!type.isFloat() || type.bits() > 8) {
      throw call.unsupported(type);
    }
    Tensor shifted =
        zero == null
            ? quotient
            : Elementwise.reals(call, quotient, zero, DataType.DOUBLE, Double::sum);
    return List.of(Casting.small(shifted, type, saturate, "up"));
  }

  private static List<Tensor> dequantize(Call call) {
    Tensor x = call.input(0);
    Tensor scale = call.input(1);
    DataType type =
        call.node().integer("output_dtype", 0) == 0
            ? scale.type()
            : call.type("output_dtype", scale.type());
    if (!type.isFloat() || x.type().bits() > 32) {
      throw call.unsupported("%s to %s".formatted(x.type(), type));
    }
    Tensor shifted =
        call.optional(2)
            .map(
                zero ->
                    Elementwise.reals(
                        call, x, spread(call, zero, x), DataType.DOUBLE, (a, b) -> a - b))
            .orElse(x);
    return List.of(Elementwise.reals(call, shifted, spread(call, scale, x), type, (a, b) -> a * b));
  }

  /** In float arithmetic, step by step, as the standard spells it. */
  private static List<Tensor> dynamicQuantize(Call call) {
    Tensor x = call.input(0);
    if (x.type() != DataType.FLOAT) {
      throw call.unsupported(x.type());
    }
    float least = 0;
    float most = 0;
    for (long k = 0; k < x.size(); k++) {
      least = Math.min(least, x.floatAt(k));
      most = Math.max(most, x.floatAt(k));
    }
    float scale = most == least ? 1 : (most - least) / 255;
    double zero = Math.clamp(Math.rint(-least / scale), 0.0, 255.0);
    Tensor y =
        Elementwise.reals(
            x,
            DataType.UINT8,
            v -> Math.max(0, Math.min(255, Math.rint((float) (v / scale)) + zero)));
    Tensor zeroPoint = Tensor.allocate(DataType.UINT8);
    Lanes.store(zeroPoint, 0, (long) zero);
    return List.of(y, Tensor.scalar(scale), zeroPoint);
  }
}
