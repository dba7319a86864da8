package org.espalier.graph.pass;

import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Activations in arithmetic. */
final class Activations {
  private Activations() {}

  /** {@code x/2 (1 + erf(x / sqrt 2))}, or with tanh where the file asks for the approximation. */
  static void gelu(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String inner;
    if (node.text("approximate", "none").equals("tanh")) {
      String cube = out.add("Mul", out.add("Mul", x, x), x);
      String sum = out.add("Add", x, out.add("Mul", cube, out.scalar(0.044715, x)));
      inner = out.add("Tanh", out.add("Mul", sum, out.scalar(Math.sqrt(2 / Math.PI), x)));
    } else {
      inner = out.add("Erf", out.add("Mul", x, out.scalar(Math.sqrt(0.5), x)));
    }
    String half = out.add("Mul", x, out.scalar(0.5, x));
    out.finish("Mul", half, out.add("Add", inner, out.scalar(1, x)));
  }

  static void mish(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    out.finish("Mul", x, out.add("Tanh", out.add("Softplus", x)));
  }

  static void hardSigmoid(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String line = line(x, node.real("alpha", 0.2f), node.real("beta", 0.5f), out);
    out.finish("Clip", line, out.scalar(0, x), out.scalar(1, x));
  }

  static void hardSwish(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String line = line(x, 1.0 / 6, 0.5, out);
    out.finish("Mul", x, out.add("Clip", line, out.scalar(0, x), out.scalar(1, x)));
  }

  private static String line(String x, double slope, double offset, Rewriter out) {
    return out.add("Add", out.add("Mul", x, out.scalar(slope, x)), out.scalar(offset, x));
  }

  static void swish(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    out.finish("Mul", x, gate(x, node.real("alpha", 1), out));
  }

  static void swiGlu(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String swish = out.add("Mul", x, gate(x, node.real("alpha", 1), out));
    out.finish("Mul", swish, node.inputs().get(1));
  }

  private static String gate(String x, float alpha, Rewriter out) {
    return out.add("Sigmoid", alpha == 1 ? x : out.add("Mul", x, out.scalar(alpha, x)));
  }

  /** {@code max(0, x) + min(0, alpha (exp(x / alpha) - 1))}. */
  static void celu(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    float alpha = node.real("alpha", 1);
    String zero = out.scalar(0, x);
    String below = out.add("Min", out.add("Div", x, out.scalar(alpha, x)), zero);
    String curve = out.add("Sub", out.add("Exp", below), out.scalar(1, x));
    String scaled = out.add("Mul", curve, out.scalar(alpha, x));
    out.finish("Add", out.add("Max", x, zero), out.add("Min", scaled, zero));
  }

  /** {@code gamma (max(0, x) + alpha (exp(min(0, x)) - 1))}. */
  static void selu(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String zero = out.scalar(0, x);
    String curve = out.add("Sub", out.add("Exp", out.add("Min", x, zero)), out.scalar(1, x));
    String scaled = out.add("Mul", curve, out.scalar(node.real("alpha", 1.6732632f), x));
    String sum = out.add("Add", out.add("Max", x, zero), scaled);
    out.finish("Mul", sum, out.scalar(node.real("gamma", 1.0507010f), x));
  }

  static void softsign(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    out.finish("Div", x, out.add("Add", out.add("Abs", x), out.scalar(1, x)));
  }

  static void shrink(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String bias = out.scalar(node.real("bias", 0), x);
    double threshold = node.real("lambd", 0.5f);
    String above = out.add("Greater", x, out.scalar(threshold, x));
    String below = out.add("Less", x, out.scalar(-threshold, x));
    String positive = out.add("Where", above, out.add("Sub", x, bias), out.scalar(0, x));
    out.finish("Where", below, out.add("Add", x, bias), positive);
  }

  static void thresholdedRelu(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String above = out.add("Greater", x, out.scalar(node.real("alpha", 1), x));
    out.finish("Where", above, x, out.scalar(0, x));
  }

  /** One at the first of the largest elements, zero elsewhere. */
  static void hardmax(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    Attribute axis = Attribute.of(node.integer("axis", -1));
    String first = out.add("ArgMax", Map.of("axis", axis, "keepdims", Attribute.of(0)), x);
    String depth =
        out.add(
            "Gather", out.add("Shape", x), out.constant(Tensor.scalar(node.integer("axis", -1))));
    String values = out.castLike(out.constant(Scalars.vector(DataType.FLOAT, 0, 1)), x);
    out.finish("OneHot", Map.of("axis", axis), first, depth, values);
  }

  static void castLike(Node node, Rewriter out) {
    var type = out.type(node.inputs().get(1));
    if (type.isEmpty()) {
      out.emit(node);
      return;
    }
    Node cast = node.withInputs(node.inputs().subList(0, 1));
    out.emitAs("Cast", cast.with("to", Attribute.of(type.get().code())));
  }
}
