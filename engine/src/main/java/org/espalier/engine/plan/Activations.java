package org.espalier.engine.plan;

import java.util.Optional;
import org.espalier.engine.kernel.Bounds;
import org.espalier.engine.kernel.Curve;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;
import org.espalier.graph.infer.Shapes;

/** Which nodes are a clamp or a curve. */
final class Activations {
  private Activations() {}

  /**
   * The range that Relu or a Clip with constant bounds holds its input in. A missing bound of Clip
   * is the largest number, not infinity.
   */
  static Optional<Bounds> bounds(Node node, Shapes shapes) {
    if (node.is("Relu")) {
      return Optional.of(Bounds.RELU);
    }
    if (!node.is("Clip")) {
      return Optional.empty();
    }
    Optional<Float> low = bound(node, 1, -Float.MAX_VALUE, shapes);
    Optional<Float> high = bound(node, 2, Float.MAX_VALUE, shapes);
    return low.isPresent() && high.isPresent()
        ? Optional.of(new Bounds(low.get(), high.get()))
        : Optional.empty();
  }

  private static Optional<Float> bound(Node node, int input, float otherwise, Shapes shapes) {
    if (node.input(input).isEmpty()) {
      return Optional.of(otherwise);
    }
    return shapes
        .constant(node.input(input).get())
        .filter(t -> t.type() == DataType.FLOAT && t.size() == 1)
        .map((Tensor t) -> t.floatAt(0));
  }

  static Optional<Curve> curve(Node node) {
    if (!node.isStandard()) {
      return Optional.empty();
    }
    return switch (node.op()) {
      case "Sigmoid" -> Optional.of(Curve.SIGMOID);
      case "Tanh" -> Optional.of(Curve.TANH);
      case "HardSwish" -> Optional.of(Curve.HARD_SWISH);
      case "Swish" -> node.real("alpha", 1) == 1 ? Optional.of(Curve.SILU) : Optional.empty();
      case "Gelu" ->
          node.text("approximate", "none").equals("none")
              ? Optional.of(Curve.GELU)
              : Optional.of(Curve.GELU_TANH);
      case "Exp" -> Optional.of(Curve.EXP);
      case "Erf" -> Optional.of(Curve.ERF);
      case "Sqrt" -> Optional.of(Curve.SQRT);
      case "Reciprocal" -> Optional.of(Curve.RECIPROCAL);
      case "Neg" -> Optional.of(Curve.NEG);
      case "Abs" -> Optional.of(Curve.ABS);
      case "Log" -> Optional.of(Curve.LOG);
      case "Sin" -> Optional.of(Curve.SIN);
      case "Cos" -> Optional.of(Curve.COS);
      default -> Optional.empty();
    };
  }
}
