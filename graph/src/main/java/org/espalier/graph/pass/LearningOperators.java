package org.espalier.graph.pass;

import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** The operators of {@code ai.onnx.ml} that stand around a network, as ONNX's own. */
final class LearningOperators {
  private LearningOperators() {}

  static void rewrite(Node node, Rewriter out) {
    switch (node.op()) {
      case "Scaler" -> scaler(node, out);
      case "ArrayFeatureExtractor" -> extractor(node, out);
      default -> out.emit(node);
    }
  }

  /** {@code (x - offset) * scale}, each for all features or one number for each. */
  private static void scaler(Node node, Rewriter out) {
    String x = out.cast(node.inputs().getFirst(), DataType.FLOAT);
    String centred = out.add("Sub", x, out.constant(numbers(node, "offset", 0)));
    out.finish("Mul", centred, out.constant(numbers(node, "scale", 1)));
  }

  private static Tensor numbers(Node node, String key, double otherwise) {
    double[] values =
        node.attribute(key).orElse(null) instanceof Attribute.FloatValues(List<Float> given)
            ? given.stream().mapToDouble(Float::doubleValue).toArray()
            : new double[] {otherwise};
    return Scalars.vector(DataType.FLOAT, values);
  }

  /** Features by their number; those of a vector come as a row. */
  private static void extractor(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    int rank = out.rank(x).orElse(0);
    if (rank == 0) {
      out.emit(node);
      return;
    }
    String row = rank == 1 ? out.add("Unsqueeze", x, out.ints(0)) : x;
    String which = out.add("Reshape", node.inputs().get(1), out.ints(-1));
    out.finish("Gather", Map.of("axis", Attribute.of(-1)), row, which);
  }
}
