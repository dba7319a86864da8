package org.espalier.graph.pass;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.DataType;
import org.espalier.graph.Node;
import org.espalier.graph.Tensor;

/** Old forms of operators that sample images. */
final class OldResize {
  private OldResize() {}

  static void upsample(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String scales =
        switch (node.attribute("scales").orElse(null)) {
          case Attribute.FloatValues(List<Float> values) ->
              out.constant(Scalars.vector(DataType.FLOAT, doubles(values)));
          case null, default -> node.inputs().get(1);
        };
    asymmetric(node, x, scales, "floor", out);
  }

  private static double[] doubles(List<Float> values) {
    return values.stream().mapToDouble(Float::doubleValue).toArray();
  }

  static void resize(Node node, Rewriter out) {
    if (out.opset() <= 10) {
      shrinkOrGrow(node, out);
      return;
    }
    if (node.inputs().size() < 3) {
      out.emit(node);
      return;
    }
    boolean crop =
        node.text("coordinate_transformation_mode", "half_pixel").equals("tf_crop_and_resize");
    String sizes = node.input(3).orElse("");
    String scales = sizes.isEmpty() ? node.inputs().get(2) : "";
    String roi = crop ? node.inputs().get(1) : "";
    List<String> inputs = List.of(node.inputs().getFirst(), roi, scales, sizes);
    out.emit(node.withInputs(sizes.isEmpty() ? inputs.subList(0, 3) : inputs));
  }

  /**
   * Opset 10 left open how nearest neighbours are rounded; ONNX Runtime, which everyone followed,
   * takes the lower one where an axis grows and the upper one where it shrinks.
   */
  private static void shrinkOrGrow(Node node, Rewriter out) {
    String x = node.inputs().getFirst();
    String scales = node.inputs().get(1);
    boolean nearest = !node.text("mode", "nearest").equals("linear");
    float[] known = out.content(scales).map(Tensor::floats).orElse(new float[0]);
    boolean shrinks = false;
    boolean grows = false;
    for (float scale : known) {
      shrinks |= scale < 1;
      grows |= scale > 1;
    }
    if (nearest && shrinks && grows) {
      double[] up = new double[known.length];
      double[] down = new double[known.length];
      for (int axis = 0; axis < known.length; axis++) {
        up[axis] = Math.max(1, known[axis]);
        down[axis] = Math.min(1, known[axis]);
      }
      String grown =
          out.add(
              "Resize",
              attributes(node, "floor"),
              x,
              "",
              out.constant(Scalars.vector(DataType.FLOAT, up)));
      asymmetric(node, grown, out.constant(Scalars.vector(DataType.FLOAT, down)), "ceil", out);
      return;
    }
    asymmetric(node, x, scales, shrinks ? "ceil" : "floor", out);
  }

  private static void asymmetric(
      Node node, String x, String scales, String rounding, Rewriter out) {
    out.finish("Resize", attributes(node, rounding), x, "", scales);
  }

  private static Map<String, Attribute> attributes(Node node, String rounding) {
    String mode = node.text("mode", "nearest");
    var attributes = new HashMap<String, Attribute>();
    // Opset 7 spelt it "linear", some exporters "bilinear".
    attributes.put("mode", Attribute.of(mode.endsWith("linear") ? "linear" : mode));
    attributes.put("coordinate_transformation_mode", Attribute.of("asymmetric"));
    attributes.put("nearest_mode", Attribute.of(rounding));
    return attributes;
  }

  static void roiAlign(Node node, Rewriter out) {
    boolean implicit = out.opset() < 16 && !node.has("coordinate_transformation_mode");
    out.emit(
        implicit
            ? node.with("coordinate_transformation_mode", Attribute.of("output_half_pixel"))
            : node);
  }

  static void gridSample(Node node, Rewriter out) {
    String mode = node.text("mode", "linear");
    out.emit(mode.startsWith("bi") ? node.with("mode", Attribute.of(mode.substring(2))) : node);
  }
}
