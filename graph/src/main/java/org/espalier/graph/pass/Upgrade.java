package org.espalier.graph.pass;

import static java.util.Map.entry;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.espalier.graph.Node;

/**
 * ONNX's operators of opset 6 and up in their newest form. A rule stands for each operator whose
 * meaning, attributes or inputs changed since; all others are already in it.
 */
final class Upgrade {
  private static final Map<String, Rule> RULES =
      Map.ofEntries(
          entry("Add", OldElementwise::broadcast),
          entry("Sub", OldElementwise::broadcast),
          entry("Mul", OldElementwise::broadcast),
          entry("Div", OldElementwise::broadcast),
          entry("Pow", OldElementwise::broadcast),
          entry("And", OldElementwise::broadcast),
          entry("Or", OldElementwise::broadcast),
          entry("Xor", OldElementwise::broadcast),
          entry("Equal", OldElementwise::broadcast),
          entry("Less", OldElementwise::broadcast),
          entry("Greater", OldElementwise::broadcast),
          entry("PRelu", OldElementwise::prelu),
          entry("Clip", OldElementwise::clip),
          entry("Gemm", OldElementwise::gemm),
          entry("Softmax", OldElementwise::flattened),
          entry("LogSoftmax", OldElementwise::flattened),
          entry("Hardmax", OldElementwise::flattened),
          entry("ReduceSum", (node, out) -> OldShapes.axes(node, out, 13)),
          entry("ReduceL1", (node, out) -> OldShapes.axes(node, out, 18)),
          entry("ReduceL2", (node, out) -> OldShapes.axes(node, out, 18)),
          entry("ReduceLogSum", (node, out) -> OldShapes.axes(node, out, 18)),
          entry("ReduceLogSumExp", (node, out) -> OldShapes.axes(node, out, 18)),
          entry("ReduceMax", (node, out) -> OldShapes.axes(node, out, 18)),
          entry("ReduceMean", (node, out) -> OldShapes.axes(node, out, 18)),
          entry("ReduceMin", (node, out) -> OldShapes.axes(node, out, 18)),
          entry("ReduceProd", (node, out) -> OldShapes.axes(node, out, 18)),
          entry("ReduceSumSquare", (node, out) -> OldShapes.axes(node, out, 18)),
          entry("Squeeze", (node, out) -> OldShapes.axes(node, out, 13)),
          entry("Unsqueeze", (node, out) -> OldShapes.axes(node, out, 13)),
          entry("Split", OldShapes::split),
          entry("Slice", OldShapes::slice),
          entry("Pad", OldShapes::pad),
          entry("TopK", OldShapes::topK),
          entry("Reshape", OldShapes::reshape),
          entry("Scatter", (node, out) -> out.emitAs("ScatterElements", node)),
          entry("DFT", OldShapes::dft),
          entry("Scan", OldScan::scan),
          entry("Upsample", OldResize::upsample),
          entry("Resize", OldResize::resize),
          entry("RoiAlign", OldResize::roiAlign),
          entry("GridSample", OldResize::gridSample),
          entry("BatchNormalization", OldLayers::batchNormalization),
          entry("InstanceNormalization", OldLayers::plain),
          entry("GroupNormalization", OldLayers::groupNormalization),
          entry("Dropout", OldLayers::dropout),
          entry("RNN", OldLayers::recurrent),
          entry("GRU", OldLayers::recurrent),
          entry("LSTM", OldLayers::recurrent),
          entry("SimplifiedLayerNormalization", MicrosoftOperators::simplifiedLayerNormalization));

  private Upgrade() {}

  static Rule rule(Node node) {
    if (node.domain().equals("ai.onnx.ml")) {
      return LearningOperators::rewrite;
    }
    if (!node.isStandard()) {
      return MicrosoftOperators.rule(node);
    }
    return RULES.getOrDefault(node.op(), OldLayers::plain);
  }

  /** The attributes of {@code node} but these. */
  static Node without(Node node, String... attributes) {
    var left = new LinkedHashMap<>(node.attributes());
    left.keySet().removeAll(Set.of(attributes));
    return node.withAttributes(left);
  }
}
