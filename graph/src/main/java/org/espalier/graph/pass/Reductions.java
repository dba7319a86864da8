package org.espalier.graph.pass;

import java.util.HashMap;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.Node;

/** Reductions of a function of the elements, in arithmetic and ReduceSum. */
final class Reductions {
  private Reductions() {}

  static void l1(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    out.finish("ReduceSum", node.attributes(), out.add("Abs", x), axes(node));
  }

  static void l2(Node node, Rewriter out) {
    out.finish("Sqrt", sum(node, square(node.inputs().getFirst(), out), out));
  }

  static void sumSquare(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    out.finish("ReduceSum", node.attributes(), square(x, out), axes(node));
  }

  static void logSum(Node node, Rewriter out) {
    out.finish("Log", sum(node, node.inputs().getFirst(), out));
  }

  /** The largest element is taken out first, unless it is infinite, so that nothing overflows. */
  static void logSumExp(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    var kept = new HashMap<>(node.attributes());
    kept.put("keepdims", Attribute.of(1));
    String largest = out.add("ReduceMax", kept, x, axes(node));
    String finite = out.add("Where", out.add("IsInf", largest), out.scalar(0, x), largest);
    String sum = sum(node, out.add("Exp", out.add("Sub", x, finite)), out);
    String back = out.add("Reshape", finite, out.add("Shape", sum));
    out.finish("Add", out.add("Log", sum), back);
  }

  private static String square(String x, Rewriter out) {
    return out.add("Mul", x, x);
  }

  private static String sum(Node node, String x, Rewriter out) {
    return out.add("ReduceSum", node.attributes(), x, axes(node));
  }

  private static String axes(Node node) {
    return node.input(1).orElse("");
  }

  /** The mean over {@code axes}, with them kept as ones. */
  static String mean(String x, String axes, Rewriter out) {
    return out.add("ReduceMean", Map.of("keepdims", Attribute.of(1)), x, axes);
  }

  /** Values less their mean over {@code axes}, and the mean of the squares of that. */
  record Moments(String mean, String centred, String variance) {
    static Moments of(String x, String axes, Rewriter out) {

      String mean = Reductions.mean(x, axes, out);
      String centred = out.add("Sub", x, mean);
      return new Moments(mean, centred, Reductions.mean(square(centred, out), axes, out));
    }
  }
}
