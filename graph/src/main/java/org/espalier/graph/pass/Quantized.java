package org.espalier.graph.pass;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;

/** Integer arithmetic of quantised models, in operators that every executor has. */
final class Quantized {
  private Quantized() {}

  /** Scale and zero point from the range of the input, zero always in it. */
  static void dynamic(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String zero = out.scalar(0, DataType.FLOAT);
    Map<String, Attribute> all = Map.of("keepdims", Attribute.of(0));
    String high = out.add("Max", out.add("ReduceMax", all, x), zero);
    String low = out.add("Min", out.add("ReduceMin", all, x), zero);
    String scale = out.add("Div", out.add("Sub", high, low), out.scalar(255, DataType.FLOAT));
    String offset = out.add("Div", out.add("Sub", zero, low), scale);
    String rounded =
        out.add("Round", out.add("Clip", offset, zero, out.scalar(255, DataType.FLOAT)));
    String point = out.cast(rounded, DataType.UINT8);
    out.finish("QuantizeLinear", x, scale, point);
    out.output(1, scale);
    out.output(2, point);
  }

  static void matMulInteger(Node node, Rewriter out) {
    String a = centred(node, 0, 2, out);
    String b = centred(node, 1, 3, out);
    out.finish("MatMul", a, b);
  }

  /** In int32, less the zero point; one for each row of the left matrix stands along its rows. */
  private static String centred(Node node, int value, int point, Rewriter out) {
    String wide = out.cast(node.inputs().get(value), DataType.INT32);
    if (node.input(point).isEmpty()) {
      return wide;
    }
    String zero = out.cast(node.inputs().get(point), DataType.INT32);
    boolean rows = value == 0 && out.rank(node.inputs().get(point)).orElse(0) == 1;
    return out.add("Sub", wide, rows ? out.add("Unsqueeze", zero, out.ints(-1)) : zero);
  }

  /** In double, where sums of products of bytes are exact and a convolution has a kernel. */
  static void convInteger(Node node, Rewriter out) {
    String x = out.cast(node.inputs().get(0), DataType.DOUBLE);
    String w = out.cast(node.inputs().get(1), DataType.DOUBLE);
    if (node.input(2).isPresent()) {
      x = out.add("Sub", x, out.cast(node.inputs().get(2), DataType.DOUBLE));
    }
    if (node.input(3).isPresent()) {
      String shape = out.ints(-1, 1, 1, 1);
      String zero = out.cast(node.inputs().get(3), DataType.DOUBLE);
      w =
          out.add(
              "Sub",
              w,
              out.size(node.inputs().get(3), 0) > 1 ? out.add("Reshape", zero, shape) : zero);
    }
    String sum = out.add("Conv", node.attributes(), x, w);
    out.finish("Cast", Map.of("to", Attribute.of(DataType.INT32.code())), sum);
  }

  static void linearMatMul(Node node, Rewriter out) {
    List<String> in = node.inputs();
    String a = out.add("DequantizeLinear", last(1), in.get(0), in.get(1), in.get(2));
    String b = out.add("DequantizeLinear", last(1), in.get(3), in.get(4), in.get(5));
    out.finish("QuantizeLinear", out.add("MatMul", a, b), in.get(6), in.get(7));
  }

  private static Map<String, Attribute> last(long axis) {
    return Map.of("axis", Attribute.of(axis));
  }

  static void linearConv(Node node, Rewriter out) {
    List<String> in = node.inputs();
    String x = out.add("DequantizeLinear", in.get(0), in.get(1), in.get(2));
    String w = out.add("DequantizeLinear", last(0), in.get(3), in.get(4), in.get(5));
    String bias = "";
    if (node.input(8).isPresent()) {
      String real = out.cast(in.get(8), DataType.FLOAT);
      bias = out.add("Mul", real, out.add("Mul", in.get(1), in.get(4)));
    }
    String y = out.add("Conv", new LinkedHashMap<>(node.attributes()), x, w, bias);
    out.finish("QuantizeLinear", y, in.get(6), in.get(7));
  }
}
