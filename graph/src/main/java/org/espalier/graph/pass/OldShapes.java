package org.espalier.graph.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.espalier.graph.Attribute;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Old forms of reductions and of operators that move data: what were attributes become inputs. */
final class OldShapes {
  private OldShapes() {}

  /** Before opset {@code since}, the axes were an attribute; empty ones stood for all. */
  static void axes(Node node, Rewriter out, long since) {
    if (out.opset() >= since) {
      out.emit(node);
      return;
    }
    long[] axes = node.integers("axes").orElse(new long[0]);
    var inputs = new ArrayList<>(node.inputs().subList(0, 1));
    if (axes.length > 0 || node.is("Unsqueeze")) {
      inputs.add(out.ints(axes));
    }
    out.emit(Upgrade.without(node, "axes").withInputs(inputs));
  }

  static void split(Node node, Rewriter out) {
    Node split = node;
    if (out.opset() < 13 && node.has("split")) {
      String sizes = out.ints(node.integers("split").orElseThrow());
      split = Upgrade.without(node, "split").withInputs(List.of(node.inputs().getFirst(), sizes));
    }
    boolean equal = split.input(1).isEmpty() && !split.has("num_outputs");
    out.emit(equal ? split.with("num_outputs", Attribute.of(node.outputs().size())) : split);
  }

  static void slice(Node node, Rewriter out) {
    if (out.opset() >= 10) {
      out.emit(node);
      return;
    }
    long[] starts = node.integers("starts").orElseThrow();
    long[] axes = node.integers("axes").orElseGet(() -> upTo(starts.length));
    out.finish(
        "Slice",
        node.inputs().getFirst(),
        out.ints(starts),
        out.ints(node.integers("ends").orElseThrow()),
        out.ints(axes));
  }

  private static long[] upTo(int length) {
    long[] axes = new long[length];
    Arrays.setAll(axes, axis -> axis);
    return axes;
  }

  static void pad(Node node, Rewriter out) {
    if (out.opset() >= 11) {
      out.emit(node);
      return;
    }
    String x = node.inputs().getFirst();
    long[] pads = node.integers("pads").or(() -> node.integers("paddings")).orElseThrow();
    float value = node.real("value", 0);
    Node plain = Upgrade.without(node, "pads", "paddings", "value");
    out.emit(
        plain.withInputs(
            value == 0
                ? List.of(x, out.ints(pads))
                : List.of(x, out.ints(pads), out.scalar(value, x))));
  }

  static void topK(Node node, Rewriter out) {
    out.emit(
        out.opset() >= 10
            ? node
            : Upgrade.without(node, "k")
                .withInputs(List.of(node.inputs().getFirst(), out.ints(node.integer("k", 1)))));
  }

  static void reshape(Node node, Rewriter out) {
    out.emit(
        node.integers("shape")
            .map(
                shape ->
                    Upgrade.without(node, "shape", "consumed_inputs")
                        .withInputs(List.of(node.inputs().getFirst(), out.ints(shape))))
            .orElse(node));
  }

  /** Before opset 20, the axis was an attribute with another default. */
  static void dft(Node node, Rewriter out) {
    if (out.opset() >= 20) {
      out.emit(node);
      return;
    }
    String axis = out.constant(Tensor.scalar(node.integer("axis", 1)));
    out.emit(
        Upgrade.without(node, "axis")
            .withInputs(List.of(node.inputs().getFirst(), node.input(1).orElse(""), axis)));
  }
}
