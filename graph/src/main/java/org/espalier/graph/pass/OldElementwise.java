package org.espalier.graph.pass;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.espalier.graph.Attribute;
import org.espalier.graph.Node;
import org.espalier.graph.Shape;
import org.espalier.graph.Tensor;

/** Old forms of elementwise operators, of Gemm and of the softmaxes. */
final class OldElementwise {
  private OldElementwise() {}

  /** Before opset 7, the second input's axes were aligned with the first's from {@code axis} on. */
  static void broadcast(Node node, Rewriter out) {
    Node plain = Upgrade.without(node, "broadcast", "axis", "consumed_inputs");
    if (out.opset() >= 7 || node.integer("broadcast", 0) == 0 || !node.has("axis")) {
      out.emit(plain);
      return;
    }
    String a = node.inputs().get(0);
    String b = aligned(a, node.inputs().get(1), node.integer("axis", 0), out);
    out.emit(plain.withInputs(List.of(a, b)));
  }

  /** {@code b} with axes of size one at its end, so that it starts at {@code axis} of {@code a}. */
  private static String aligned(String a, String b, long axis, Rewriter out) {
    OptionalInt rank = out.rank(a);
    Optional<Shape> shape = out.shape(b);
    if (rank.isPresent() && shape.isPresent()) {
      int start = (int) (axis < 0 ? axis + rank.getAsInt() : axis);
      int trailing = rank.getAsInt() - start - shape.get().rank();
      long[] axes = new long[Math.max(0, trailing)];
      for (int k = 0; k < axes.length; k++) {
        axes[k] = (long) shape.get().rank() + k;
      }
      return axes.length == 0 ? b : out.add("Unsqueeze", b, out.ints(axes));
    }
    String trailing =
        out.add(
            "Sub",
            out.add("Size", out.sizes(a, axis, Long.MAX_VALUE)),
            out.add("Size", out.add("Shape", b)));
    String ones =
        out.add(
            "ConstantOfShape",
            Map.of("value", Attribute.of(Tensor.of(new long[] {1}))),
            out.add("Unsqueeze", trailing, out.ints(0)));
    return out.add("Reshape", b, out.join(out.add("Shape", b), ones));
  }

  /** Before opset 7, a slope for each channel was a vector. */
  static void prelu(Node node, Rewriter out) {
    Node plain = Upgrade.without(node, "consumed_inputs");
    String slope = node.inputs().get(1);
    if (out.opset() >= 7 || out.size(slope, 0) == 1 || out.rank(slope).orElse(1) != 1) {
      out.emit(plain);
      return;
    }
    String x = node.inputs().get(0);
    out.emit(plain.withInputs(List.of(x, aligned(x, slope, 1, out))));
  }

  /** Before opset 11, the bounds were attributes. */
  static void clip(Node node, Rewriter out) {
    if (out.opset() >= 11) {
      out.emit(node);
      return;
    }
    String x = node.inputs().getFirst();
    String min = node.has("min") ? out.scalar(node.real("min", 0), x) : "";
    String max = node.has("max") ? out.scalar(node.real("max", 0), x) : "";
    out.finish("Clip", x, min, max);
  }

  static void gemm(Node node, Rewriter out) {
    out.emit(Upgrade.without(node, "broadcast"));
  }

  /** Before opset 13, a softmax ran over all axes from {@code axis} on, as if they were one. */
  static void flattened(Node node, Rewriter out) {
    if (out.opset() >= 13) {
      out.emit(node);
      return;
    }
    long axis = node.integer("axis", 1);
    String x = node.inputs().getFirst();
    Map<String, Attribute> last = Map.of("axis", Attribute.of(-1));
    OptionalInt rank = out.rank(x);
    if (axis == -1 || (rank.isPresent() && axis == rank.getAsInt() - 1)) {
      out.finish(node.op(), last, x);
      return;
    }
    String flat = out.add("Flatten", Map.of("axis", Attribute.of(axis)), x);
    String result = out.add(node.op(), last, flat);
    out.finish("Reshape", result, out.add("Shape", x));
  }
}
