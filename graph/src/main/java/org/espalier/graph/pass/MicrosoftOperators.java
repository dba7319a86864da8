package org.espalier.graph.pass;

import static java.util.Map.entry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.espalier.graph.Attribute;
import org.espalier.graph.Node;

/**
 * The fused operators that ONNX Runtime's optimiser writes into files ({@code com.microsoft}), as
 * ONNX's own. The others of that domain stay as they are, for executors to refuse.
 */
final class MicrosoftOperators {
  private static final Map<String, Attribute> TANH = Map.of("approximate", Attribute.of("tanh"));

  private static final Map<String, Rule> RULES =
      Map.ofEntries(
          entry("FusedConv", MicrosoftOperators::fusedConv),
          entry("FusedGemm", MicrosoftOperators::fusedGemm),
          entry("FusedMatMul", MicrosoftOperators::fusedMatMul),
          entry("TransposeMatMul", MicrosoftOperators::fusedMatMul),
          entry("Gelu", (node, out) -> out.emitAs("Gelu", node)),
          entry("BiasGelu", (node, out) -> biasGelu(node, Map.of(), out)),
          entry("FastGelu", (node, out) -> biasGelu(node, TANH, out)),
          entry("QuickGelu", MicrosoftOperators::quickGelu),
          entry("SkipLayerNormalization", MicrosoftOperators::skipLayerNormalization),
          entry(
              "SkipSimplifiedLayerNormalization",
              MicrosoftOperators::skipSimplifiedLayerNormalization),
          entry("SimplifiedLayerNormalization", MicrosoftOperators::simplifiedLayerNormalization),
          entry("QuantizeLinear", (node, out) -> out.emitAs("QuantizeLinear", node)),
          entry("DequantizeLinear", (node, out) -> out.emitAs("DequantizeLinear", node)),
          entry("Attention", MicrosoftAttention::packed),
          entry("QAttention", MicrosoftAttention::quantized),
          entry("MultiHeadAttention", MicrosoftAttention::multiHead),
          entry("RotaryEmbedding", MicrosoftAttention::rotary),
          entry("EmbedLayerNormalization", MicrosoftAttention::embed),
          entry("ExpandDims", MicrosoftOperators::expandDims));

  private MicrosoftOperators() {}

  static Rule rule(Node node) {
    Rule asIs = (same, out) -> out.emit(same);
    if (!node.domain().equals("com.microsoft")) {
      return asIs;
    }
    Rule quantized = MicrosoftQuantized.RULES.getOrDefault(node.op(), asIs);
    return RULES.getOrDefault(node.op(), quantized);
  }

  private static void fusedConv(Node node, Rewriter out) {
    List<String> in = node.inputs();
    var attributes = new HashMap<>(node.attributes());
    attributes.keySet().removeAll(Set.of("activation", "activation_params"));
    String result = out.add("Conv", attributes, in.get(0), in.get(1), node.input(2).orElse(""));
    if (node.input(3).isPresent()) {
      result = out.add("Add", result, in.get(3));
    }
    List<Float> parameters =
        node.attribute("activation_params").orElse(null)
                instanceof Attribute.FloatValues(List<Float> values)
            ? values
            : List.of();
    activation(node.text("activation", ""), parameters, result, out);
  }

  private static void fusedGemm(Node node, Rewriter out) {
    var attributes = new HashMap<>(node.attributes());
    attributes
        .keySet()
        .removeAll(Set.of("activation", "activation_alpha", "activation_beta", "activation_gamma"));
    List<String> in = node.inputs();
    String result = out.add("Gemm", attributes, in.get(0), in.get(1), node.input(2).orElse(""));
    var parameters = new ArrayList<Float>();
    for (String key : List.of("activation_alpha", "activation_beta", "activation_gamma")) {
      if (node.has(key)) {
        parameters.add(node.real(key, 0));
      }
    }
    activation(node.text("activation", ""), parameters, result, out);
  }

  private static void activation(String op, List<Float> parameters, String x, Rewriter out) {
    if (op.isEmpty()) {
      out.finish("Identity", x);
      return;
    }
    if (op.equals("Clip") && parameters.size() == 2) {
      out.finish("Clip", x, out.scalar(parameters.get(0), x), out.scalar(parameters.get(1), x));
      return;
    }
    var attributes = new HashMap<String, Attribute>();
    List<String> keys = List.of("alpha", "beta");
    for (int k = 0; k < Math.min(parameters.size(), keys.size()); k++) {
      attributes.put(keys.get(k), Attribute.of(parameters.get(k)));
    }
    out.finish(op, attributes, x);
  }

  private static void fusedMatMul(Node node, Rewriter out) {
    String a = node.inputs().get(0);
    String b = node.inputs().get(1);
    boolean batchTransposed =
        node.integer("transBatchA", 0) != 0 || node.integer("transBatchB", 0) != 0;
    boolean unknown =
        (node.integer("transA", 0) != 0 && out.rank(a).isEmpty())
            || (node.integer("transB", 0) != 0 && out.rank(b).isEmpty());
    if (batchTransposed || unknown) {
      out.emit(node);
      return;
    }
    String left = node.integer("transA", 0) != 0 ? transposed(a, out) : a;
    String right = node.integer("transB", 0) != 0 ? transposed(b, out) : b;
    float alpha = node.real("alpha", 1);
    if (alpha == 1) {
      out.finish("MatMul", left, right);
    } else {
      out.finish("Mul", out.add("MatMul", left, right), out.scalar(alpha, a));
    }
  }

  private static String transposed(String x, Rewriter out) {
    OptionalInt rank = out.rank(x);
    int last = rank.orElseThrow() - 1;
    if (last < 1) {
      return x;
    }
    long[] perm = new long[last + 1];
    for (int axis = 0; axis <= last; axis++) {
      perm[axis] = axis < last - 1 ? axis : 2L * last - 1 - axis;
    }
    return out.add("Transpose", Map.of("perm", Attribute.of(perm)), x);
  }

  private static void biasGelu(Node node, Map<String, Attribute> attributes, Rewriter out) {
    String x = node.inputs().getFirst();
    String sum = node.input(1).map(bias -> out.add("Add", x, bias)).orElse(x);
    out.finish("Gelu", attributes, sum);
  }

  private static void quickGelu(Node node, Rewriter out) {
    out.finish(
        "Swish",
        Map.of("alpha", Attribute.of(node.real("alpha", 1.702f))),
        node.inputs().getFirst());
  }

  private static String skipped(Node node, int bias, Rewriter out) {
    List<String> in = node.inputs();
    String result = node.output(3).orElseGet(() -> out.fresh("sum"));
    String x = in.get(0);
    String skip = in.get(1);
    if (node.input(bias).isPresent()) {
      x = out.add("Add", x, skip);
      skip = in.get(bias);
    }
    out.emit(Node.of("Add", List.of(x, skip), List.of(result)));
    return result;
  }

  private static void skipLayerNormalization(Node node, Rewriter out) {
    String sum = skipped(node, 4, out);
    List<String> outputs = node.outputs().subList(0, Math.min(3, node.outputs().size()));
    var inputs = new ArrayList<>(List.of(sum, node.inputs().get(2)));
    node.input(3).ifPresent(inputs::add);
    out.emit(Node.of("LayerNormalization", inputs, outputs, epsilon(node)).withName(node.name()));
  }

  private static void skipSimplifiedLayerNormalization(Node node, Rewriter out) {
    if (node.outputs().stream().skip(1).limit(2).anyMatch(out::isUsed)) {
      out.emit(node);
      return;
    }
    String sum = skipped(node, 3, out);
    out.finish("RMSNormalization", epsilon(node), sum, node.inputs().get(2));
  }

  private static Map<String, Attribute> epsilon(Node node) {
    return Map.of("axis", Attribute.of(-1), "epsilon", Attribute.of(node.real("epsilon", 1e-12f)));
  }

  static void simplifiedLayerNormalization(Node node, Rewriter out) {
    if (node.outputs().stream().skip(1).anyMatch(out::isUsed)) {
      out.emit(node);
      return;
    }
    out.emitAs("RMSNormalization", node.withOutputs(node.outputs().subList(0, 1)));
  }

  private static void expandDims(Node node, Rewriter out) {
    out.finish(
        "Unsqueeze",
        node.inputs().getFirst(),
        out.add("Reshape", node.inputs().get(1), out.ints(-1)));
  }
}
