package org.espalier.graph.pass;

import static java.util.Map.entry;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;

/**
 * ONNX Runtime's operators on quantised numbers: dequantised, computed in float, quantised again.
 */
final class MicrosoftQuantized {
  private static final Map<String, Attribute> COLUMNS = Map.of("axis", Attribute.of(1));

  static final Map<String, Rule> RULES =
      Map.ofEntries(
          entry("QLinearAdd", (node, out) -> binary(node, "Add", out)),
          entry("QLinearMul", (node, out) -> binary(node, "Mul", out)),
          entry("QLinearSigmoid", (node, out) -> unary(node, "Sigmoid", out)),
          entry("QLinearLeakyRelu", (node, out) -> unary(node, "LeakyRelu", out)),
          entry("QLinearGlobalAveragePool", (node, out) -> unary(node, "GlobalAveragePool", out)),
          entry("QLinearAveragePool", (node, out) -> unary(node, "AveragePool", out)),
          entry("QLinearSoftmax", MicrosoftQuantized::softmax),
          entry("QLinearConcat", MicrosoftQuantized::concat),
          entry("QLinearWhere", MicrosoftQuantized::where),
          entry("QGemm", MicrosoftQuantized::gemm),
          entry("MatMulIntegerToFloat", MicrosoftQuantized::matMul),
          entry("DynamicQuantizeMatMul", MicrosoftQuantized::dynamicMatMul));

  private MicrosoftQuantized() {}

  /** Three inputs from {@code first} on: numbers, scale and zero point. */
  private static String real(Node node, int first, Rewriter out) {
    return real(node, first, first + 1, first + 2, Map.of(), out);
  }

  private static String real(
      Node node, int x, int scale, int zero, Map<String, Attribute> axis, Rewriter out) {
    List<String> in = node.inputs();
    String point = node.input(zero).orElse("");
    return out.add("DequantizeLinear", axis, in.get(x), in.get(scale), point);
  }

  private static void finish(Node node, String y, int scale, Rewriter out) {
    out.finish("QuantizeLinear", y, node.inputs().get(scale), node.input(scale + 1).orElse(""));
  }

  private static void binary(Node node, String op, Rewriter out) {
    String y = out.add(op, real(node, 0, out), real(node, 3, out));
    finish(node, y, 6, out);
  }

  private static void unary(Node node, String op, Rewriter out) {
    if (node.integer("channels_last", 0) != 0) {
      out.emit(node);
      return;
    }
    Node plain = Upgrade.without(node, "channels_last");
    finish(node, out.add(op, plain.attributes(), real(node, 0, out)), 3, out);
  }

  /**
   * Over one axis; that of opset 12 and before, over all from the axis on, only where it's last.
   */
  private static void softmax(Node node, Rewriter out) {
    long axis = node.integer("axis", -1);
    int rank = out.rank(node.inputs().getFirst()).orElse(-1);
    boolean last = axis == -1 || axis == rank - 1;
    if (node.integer("opset", 0) < 13 && !last) {
      out.emit(node);
      return;
    }
    Map<String, Attribute> attributes = Map.of("axis", Attribute.of(axis));
    finish(node, out.add("Softmax", attributes, real(node, 0, out)), 3, out);
  }

  private static void concat(Node node, Rewriter out) {
    int count = (node.inputs().size() - 2) / 3;
    String[] parts = new String[count];
    for (int k = 0; k < count; k++) {
      parts[k] = real(node, 2 + 3 * k, out);
    }
    Map<String, Attribute> axis = Map.of("axis", Attribute.of(node.integer("axis", 0)));
    finish(node, out.add("Concat", axis, parts), 0, out);
  }

  private static void where(Node node, Rewriter out) {
    String condition = node.inputs().getFirst();
    finish(node, out.add("Where", condition, real(node, 1, out), real(node, 4, out)), 7, out);
  }

  /** The bias counts in steps of both scales. */
  private static void gemm(Node node, Rewriter out) {
    List<String> in = node.inputs();
    boolean transposed = node.integer("transB", 0) != 0;
    String a = real(node, 0, out);
    String b = real(node, 3, 4, 5, Map.of("axis", Attribute.of(transposed ? 0 : 1)), out);
    String bias = "";
    if (node.input(6).isPresent()) {
      String step = out.add("Mul", in.get(1), in.get(4));
      bias = out.add("Mul", out.cast(in.get(6), DataType.FLOAT), step);
      if (node.real("alpha", 1) != 1) {
        bias = out.add("Mul", bias, out.scalar(node.real("alpha", 1), DataType.FLOAT));
      }
    }
    var attributes = new HashMap<>(node.attributes());
    if (node.input(7).isEmpty()) {
      out.finish("Gemm", attributes, a, b, bias);
    } else {
      finish(node, out.add("Gemm", attributes, a, b, bias), 7, out);
    }
  }

  private static void matMul(Node node, Rewriter out) {
    String a = real(node, 0, 2, 4, Map.of(), out);
    String b = real(node, 1, 3, 5, COLUMNS, out);
    biased(node, out.add("MatMul", a, b), 6, out);
  }

  /** The left side is quantised as its range asks for, and so loses what it would lose there. */
  private static void dynamicMatMul(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    List<String> parts = List.of(out.fresh("bytes"), out.fresh("scale"), out.fresh("zero"));
    out.emit(Node.of("DynamicQuantizeLinear", List.of(x), parts));
    String a = out.add("DequantizeLinear", parts.get(0), parts.get(1), parts.get(2));
    String b = real(node, 1, 2, 3, COLUMNS, out);
    biased(node, out.add("MatMul", a, b), 4, out);
  }

  private static void biased(Node node, String product, int bias, Rewriter out) {
    if (node.input(bias).isPresent()) {
      out.finish("Add", product, node.inputs().get(bias));
    } else {
      out.finish("Identity", product);
    }
  }
}
