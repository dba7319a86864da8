package org.espalier.prune.rewrite;

import static java.util.Map.entry;

import java.util.Map;
import org.espalier.graph.Attribute;
import org.espalier.graph.Node;
import org.espalier.prune.coupling.Rewritable;

/**
 * The rules for operators whose attributes or operands depend on sizes; others stay as they are.
 */
final class NodeRules {
  private static final NodeRule SAME = (node, edit) -> edit.emit(node);

  private static final Map<String, NodeRule> STANDARD =
      Map.ofEntries(
          entry("Conv", Grouped.convolution(1)),
          entry("ConvInteger", Grouped.convolution(1)),
          entry("DeformConv", Grouped.convolution(1)),
          entry("QLinearConv", Grouped.convolution(3)),
          entry("ConvTranspose", Grouped::transposed),
          entry("GroupNormalization", Grouped.normalization("num_groups")),
          entry("LSTM", NodeRules::recurrent),
          entry("GRU", NodeRules::recurrent),
          entry("RNN", NodeRules::recurrent),
          entry("Split", Cuts::split),
          entry("Slice", SliceRule::rewrite),
          entry("Gather", Cuts::gather),
          entry("Pad", Cuts::pad),
          entry("Reshape", Targets::reshape),
          entry("Expand", Targets.sizes(1)),
          entry("ConstantOfShape", Targets.sizes(0)),
          entry("Tile", Targets::tile),
          entry("Resize", Targets::resize),
          entry("Shape", Targets::shape),
          entry("Size", Targets::count),
          entry("Attention", Heads::standard),
          entry("RotaryEmbedding", Heads::rotary));

  private static final Map<String, NodeRule> MICROSOFT =
      Map.of(
          "FusedConv", Grouped.convolution(1),
          "GroupNorm", Grouped.normalization("groups"),
          "SkipGroupNorm", Grouped.normalization("groups"),
          "DynamicQuantizeLSTM", NodeRules::recurrent,
          "Attention", Heads::packedWeights,
          "MultiHeadAttention", Heads::multiHead,
          "GroupQueryAttention", Heads::groupQuery,
          "RotaryEmbedding", Heads::rotary);

  private NodeRules() {}

  static void rewrite(Node node, Edit edit) {
    if (Rewritable.knows(node)) {
      (node.isStandard() ? STANDARD : MICROSOFT).getOrDefault(node.op(), SAME).rewrite(node, edit);
      return;
    }
    for (String input : node.inputs()) {
      if (!input.isEmpty() && edit.extents().changes(input)) {
        throw Edit.error(
            node, "input '%s' changes, which it isn't known to allow".formatted(input));
      }
    }
    edit.emit(node);
  }

  private static void recurrent(Node node, Edit edit) {
    String recurrence = node.inputs().get(2);
    int axis = edit.extents().rank(recurrence) - 1;
    // Weights quantised for ONNX Runtime are turned: [directions, hidden, 4 * hidden].
    axis = node.op().equals("DynamicQuantizeLSTM") ? axis - 1 : axis;
    edit.emit(
        edit.extents().changes(recurrence, axis)
            ? node.with("hidden_size", Attribute.of(edit.extents().size(recurrence, axis)))
            : node);
  }
}
