package org.espalier.torch;

import static org.espalier.torch.Call.scalar;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.espalier.graph.DataType;

/**
 * Integers that stand for real numbers. Products of integers are taken in double precision, where
 * they are exact and fast.
 */
final class Quantization {
  private Quantization() {}

  static void register(Rules.Table table) {
    table.single("QuantizeLinear", Quantization::quantize);
    table.single("DequantizeLinear", Quantization::dequantize);
    table.several("DynamicQuantizeLinear", Quantization::dynamic);
    table.single("MatMulInteger", Quantization::matMul);
    table.single("ConvInteger", Quantization::conv);
  }

  /** Scales or zero points of one element, one axis, or blocks along it, shaped like the input. */
  private static Tensor spread(Call call, Tensor parameter, Tensor x) {
    if (parameter.numel() == 1 && parameter.dim() <= 1) {
      return parameter.reshape(new long[0]);
    }
    int axis = call.axis("axis", 1, x.dim());
    if (parameter.dim() == 1) {
      long[] shape = new long[(int) x.dim()];
      Arrays.fill(shape, 1);
      shape[axis] = parameter.numel();
      return parameter.reshape(shape);
    }
    long block = call.node().integer("block_size", 0);
    long each = block > 0 ? block : Math.ceilDiv(x.size(axis), parameter.size(axis));
    Tensor places =
        torch
            .arange(scalar(x.size(axis)), Call.options(ScalarType.Long))
            .floor_divide(scalar(each));
    return parameter.index_select(axis, places);
  }

  private static Tensor quantize(Call call) {
    Tensor x = call.in(0);
    ScalarType type =
        call.has(2)
            ? call.in(2).scalar_type().intern()
            : call.node().integer("output_dtype", 0) != 0
                ? Libtorch.type(Elementwise.type(call.node().integer("output_dtype", 0)))
                : ScalarType.Byte;
    Tensor scaled = x.div(spread(call, call.in(1), x)).round();
    Tensor moved =
        call.has(2) ? scaled.add(spread(call, call.in(2), x).to(x.scalar_type())) : scaled;
    return saturate(call, moved, type);
  }

  private static Tensor saturate(Call call, Tensor x, ScalarType type) {
    DataType target = Libtorch.type(type);
    if (!target.isInteger() || target.bits() > 16) {
      throw call.invalid("quantisation to " + target);
    }
    double low = target.isUnsigned() ? 0 : -Math.scalb(1.0, target.bits() - 1);
    double high = low + Math.scalb(1.0, target.bits()) - 1;
    return torch.hardtanh(x, scalar(low), scalar(high)).to(ScalarType.Int).to(type);
  }

  private static Tensor dequantize(Call call) {
    Tensor x = call.in(0);
    Tensor scale = spread(call, call.in(1), x);
    ScalarType type = scale.scalar_type();
    Tensor moved =
        call.has(2) ? x.to(ScalarType.Int).sub(spread(call, call.in(2), x).to(ScalarType.Int)) : x;
    return moved.to(type).mul(scale);
  }

  private static Tensor[] dynamic(Call call) {
    Tensor x = call.in(0);
    Tensor zero = torch.zeros(new long[0], Call.options(x.scalar_type()));
    Tensor high = torch.maximum(torch.max(x), zero);
    Tensor low = torch.minimum(torch.min(x), zero);
    Tensor scale = high.sub(low).div(scalar(255.0));
    Tensor origin = torch.hardtanh(low.neg().div(scale).round(), scalar(0.0), scalar(255.0));
    Tensor y = x.div(scale).round().add(origin);
    return new Tensor[] {
      saturate(call, y, ScalarType.Byte), scale, saturate(call, origin, ScalarType.Byte)
    };
  }

  private static Tensor matMul(Call call) {
    Tensor a = call.in(0).to(ScalarType.Double);
    Tensor b = call.in(1).to(ScalarType.Double);
    if (call.has(2)) {
      Tensor origin = call.in(2).to(ScalarType.Double);
      a = a.sub(origin.dim() == 1 && origin.numel() > 1 ? origin.unsqueeze(-1) : origin);
    }
    if (call.has(3)) {
      b = b.sub(call.in(3).to(ScalarType.Double));
    }
    return torch.matmul(a, b).to(ScalarType.Int);
  }

  private static Tensor conv(Call call) {
    Tensor x = call.in(0).to(ScalarType.Double);
    Tensor weight = call.in(1).to(ScalarType.Double);
    if (call.has(2)) {
      x = x.sub(call.in(2).to(ScalarType.Double));
    }
    if (call.has(3)) {
      Tensor origin = call.in(3).to(ScalarType.Double);
      weight =
          weight.sub(origin.numel() == 1 ? origin : Convolutions.perOutput(origin, weight.dim()));
    }
    return Convolutions.conv(call, x, weight, new TensorOptional()).to(ScalarType.Int);
  }
}
