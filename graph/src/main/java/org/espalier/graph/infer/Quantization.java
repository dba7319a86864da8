package org.espalier.graph.infer;

import java.util.List;
import java.util.Map;
import org.espalier.graph.DataType;

/** To small integers and back, and arithmetic on these. */
final class Quantization {
  private Quantization() {}

  static void addTo(Map<String, Rule> rules) {
    for (String domain : List.of("", "com.microsoft:")) {
      rules.put(domain + "QuantizeLinear", Quantization::quantize);
      rules.put(domain + "DequantizeLinear", Quantization::dequantize);
    }
    rules.put("DynamicQuantizeLinear", Quantization::dynamic);
    rules.put("com.microsoft:QLinearAdd", Quantization::binary);
    rules.put("com.microsoft:QLinearMul", Quantization::binary);
    rules.put("com.microsoft:QLinearLeakyRelu", Elementwise::same);
    rules.put("com.microsoft:QLinearSigmoid", Elementwise::same);
    rules.put("com.microsoft:QLinearSoftmax", Elementwise::same);
    rules.put("com.microsoft:QLinearGlobalAveragePool", Quantization::globalPool);
    rules.put("com.microsoft:QLinearConcat", Quantization::concat);
    rules.put("com.microsoft:QLinearWhere", Quantization::where);
    rules.put("com.microsoft:QGemm", Quantization::gemm);
  }

  private static void quantize(Call call) {
    DataType otherwise = call.elementAttribute("output_dtype", DataType.UINT8);
    call.element(0, call.has(2) ? call.element(2) : otherwise);
    call.dims(0, call.dims(0));
    checkScale(call);
  }

  private static void dequantize(Call call) {
    call.element(0, call.elementAttribute("output_dtype", call.element(1)));
    call.dims(0, call.dims(0));
    checkScale(call);
  }

  /** One scale for all, one for each channel, or one for each block. */
  private static void checkScale(Call call) {
    Dims x = call.dims(0);
    if (!call.isRanked(1) || call.dims(1).rank() != 1 || x.rank() == 0) {
      return;
    }
    Size count = call.dims(1).at(0);
    if (count.is(1) || call.node().integer("block_size", 0) > 0) {
      return;
    }
    // The default axis doesn't exist in a vector; then there is but the one.
    int axis = x.rank() == 1 ? 0 : call.axisAttribute(1, x.rank());
    if (Dims.differ(count, x.at(axis))) {
      throw call.error(
          "%s scales, input %s of shape %s has %s channels"
              .formatted(count, call.name(0), x, x.at(axis)));
    }
  }

  private static void dynamic(Call call) {
    call.set(1, DataType.FLOAT, Dims.SCALAR);
    call.set(2, DataType.UINT8, Dims.SCALAR);
    call.element(0, DataType.UINT8);
    call.dims(0, call.dims(0));
  }

  /** Inputs A, its scale and zero point, B and its, and the result's. */
  private static void binary(Call call) {
    call.element(0, call.element(0));
    call.dims(0, broadcast(call, call.dims(0), 3));
  }

  /** The condition, then inputs as {@link #binary} has them. */
  private static void where(Call call) {
    call.element(0, call.element(1));
    call.dims(0, broadcast(call, broadcast(call, call.dims(0), 1), 4));
  }

  private static Dims broadcast(Call call, Dims dims, int input) {
    return dims.broadcast(call.dims(input))
        .orElseThrow(
            () ->
                call.error(
                    "input %s of shape %s doesn't broadcast with %s"
                        .formatted(call.name(input), call.dims(input), dims)));
  }

  /** The result's scale and zero point, then each part with its own. */
  private static void concat(Call call) {
    call.element(0, call.element(2));
    Dims out = call.dims(2);
    int axis = call.axisAttribute(1, out.rank());
    Size joined = out.at(axis);
    for (int k = 5; k < call.inputs(); k += 3) {
      joined = joined.plus(call.dims(k, out.rank()).at(axis));
    }
    call.dims(0, out.with(axis, joined));
  }

  /** Floats where no scale is given for the result. */
  private static void gemm(Call call) {
    call.element(0, call.has(7) ? call.element(0) : DataType.FLOAT);
    Size rows = call.dims(0, 2).at(call.node().integer("transA", 0) == 0 ? 0 : 1);
    call.dims(0, Dims.of(rows, call.dims(3, 2).at(call.node().integer("transB", 0) == 0 ? 1 : 0)));
  }

  private static void globalPool(Call call) {
    call.element(0, call.element(0));
    Dims out = call.dimsFrom(0, 3);
    boolean channelsLast = call.node().integer("channels_last", 0) != 0;
    int first = channelsLast ? 1 : 2;
    for (int axis = first; axis < first + out.rank() - 2; axis++) {
      out = out.with(axis, Size.ONE);
    }
    call.dims(0, out);
  }
}
